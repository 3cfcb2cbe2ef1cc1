// Which CPython is in this process, and where.
#pragma once

#include "subint_doctor/cpython/layout.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

// Fails with not_python when no mapped file has a CPython runtime, unsupported_python, or what reading failed with.
Result<cpython::Layout> find_layout(const os::Target& patient);

}  // namespace subint_doctor::capture
