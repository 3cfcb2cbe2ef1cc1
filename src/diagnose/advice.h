// What a person can do, as lines that can be pasted. Only what works with the system's own tools today.
#pragma once

#include "case.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::diagnose {

// How to end the process: SIGTERM where the system itself acts on it, else SIGKILL with the reason.
Advice end_process(const Case& seen);

// SIGTERM would end it: Python does not catch it, and it is neither ignored nor blocked everywhere.
bool sigterm_works(const Snapshot& look);

Advice for_good(std::string effect);

}  // namespace subint_doctor::diagnose
