// Holding threads; see LiveTarget::hold().
#pragma once

#include "pinned_process.h"
#include "subint_doctor/os/hold.h"

namespace subint_doctor::os {

// Fails as LiveTarget::hold() does, and with `not_available` where no process can be started.
Result<Held> hold_threads(const PinnedProcess& patient, const HoldOrder& order, const HoldWork& work);

}  // namespace subint_doctor::os
