// Who else has a socket or pipe; see Target::find_holder().
#pragma once

#include "subint_doctor/os/target.h"

namespace subint_doctor::os {

// `patient_pid` and this tool itself are left out.
Result<Target::Holder> find_holder(int patient_pid, DescriptorKind kind, std::uint64_t inode);

}  // namespace subint_doctor::os
