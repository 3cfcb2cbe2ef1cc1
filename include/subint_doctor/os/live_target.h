// A running process, through /proc and process_vm_readv(2).
#pragma once

#include <memory>

#include "subint_doctor/os/target.h"

namespace subint_doctor::os {

// `pid` may be any tid of the process. Fails with no_such_process (never was, or a zombie with no living thread),
// not_python for a kernel thread, not_permitted with the exact cause (see permissions.h).
Result<std::unique_ptr<Target>> open_live(int pid);

}  // namespace subint_doctor::os
