// Looks at a process whose CPython is known: as often as was asked for, and what that showed together.
#pragma once

#include "subint_doctor/capture/capture.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::capture {

// `started`: when the time limit began. Fails only when the first look does: a later one that fails or comes too late
// is a gap, and what was seen before stands. `progress` may be null.
Result<Inspection> take_looks(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                              const os::Clock& clock, std::uint64_t started, Progress* progress);

}  // namespace subint_doctor::capture
