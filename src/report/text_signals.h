// The state of Ctrl-C, for a report whose findings do not speak of it.
#pragma once

#include "page.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::report {

// SIGINT's disposition, what is owed, and the signal wakeup fd with its fill. Nothing when a finding is about signals.
void write_signals(Page& page, const Snapshot& look, const Diagnosis& diagnosis);

}  // namespace subint_doctor::report
