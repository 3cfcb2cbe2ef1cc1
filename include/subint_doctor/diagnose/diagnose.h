// Looks in, findings out. Pure: a rule cannot look at a process, so every verdict replays from a saved report.
#pragma once

#include "subint_doctor/model/finding.h"

namespace subint_doctor::diagnose {

// Runs every rule of src/diagnose/rules/, orders what they found (worst first, a cause before its symptoms) and picks
// the verdict.
Diagnosis diagnose(const Inspection& inspection);

}  // namespace subint_doctor::diagnose
