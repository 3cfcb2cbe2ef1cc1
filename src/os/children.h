// Children of the patient; see LiveTarget::children().
#pragma once

#include <span>

#include "pinned_process.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {

Result<ChildrenByNumber> find_children(const PinnedProcess& patient, std::span<const int> namespace_pids);

}  // namespace subint_doctor::os
