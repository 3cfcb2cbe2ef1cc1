// One look: everything read once, in an order that lets the counters around it prove what held still.
#pragma once

#include "subint_doctor/cpython/layout.h"
#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/clock.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

// `previous`: the look before, or null.
Result<Snapshot> take_look(const os::Target& patient, const cpython::Layout& layout, const Snapshot* previous,
                           const os::Clock& clock);

}  // namespace subint_doctor::capture
