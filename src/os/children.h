// Children of the patient; see LiveTarget::child().
#pragma once

#include "pinned_process.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {

Result<ChildProcess> find_child(const PinnedProcess& patient, int namespace_pid);

}  // namespace subint_doctor::os
