// Follows the signal wakeup fd: what it is, how full, who reads it, and whether anybody waits for that.
#pragma once

#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

// Joins look.python's wakeup fd with look.descriptors and look.threads; asks `patient` only for what is behind this one
// fd (a pipe's fill, a reader in another process).
WakeupChain follow_wakeup_chain(const os::Target& patient, const Snapshot& look, std::vector<Gap>& gaps);

}  // namespace subint_doctor::capture
