// The main path: a patient in, everything that was seen of it out.
#pragma once

#include "subint_doctor/model/result.h"
#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/clock.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

struct Options {
    int looks = 2;  // at least 1
    int interval_ms = 27;  // no multiple of the 5 ms switch interval, at which GIL waiters blink
    int max_pause_ms = 50;  // bound of the sum of all stops
    bool may_stop = true;  // --no-block: false
    int timeout_ms = 30'000;  // of the whole inspection: no further look begins after it; 0: none
};

// Fails with no_such_process, not_permitted, not_python, unsupported_python; what else cannot be read is a gap.
Result<Inspection> capture(const os::Target& patient, const Options& options,
                           const os::Clock& clock = os::system_clock());

}  // namespace subint_doctor::capture
