// Gets a consistent stack of each thread that ran while it was read: by reading until two reads agree, and, if that
// fails and it is allowed, by holding it for one read.
#pragma once

#include "subint_doctor/capture/capture.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::capture {

// Works on the last look. Fills pause_us, held_us, stopped_tids, consistent, and Thread::moved of those that stayed torn.
void settle_moving(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                   const os::Clock& clock, Inspection& inspection);

}  // namespace subint_doctor::capture
