// Who else has a socket or pipe; see LiveTarget::find_holder().
#pragma once

#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {

// `patient_pid` and this tool itself are left out.
Result<Holder> find_holder(int patient_pid, DescriptorKind kind, std::uint64_t inode);

}  // namespace subint_doctor::os
