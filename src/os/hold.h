// Stopping one thread; see Target::hold(). The only place of ptrace(2) and of waiting for what it stops.
#pragma once

#include <memory>

#include "subint_doctor/os/target.h"

namespace subint_doctor::os {

Result<std::unique_ptr<Hold>> hold_thread(int tid, std::uint64_t deadline_ns);

}  // namespace subint_doctor::os
