// Python's side of signal handling.
// Mirrors: Include/internal/pycore_signal.h, struct _signals_runtime_state (3.13-3.15).
#pragma once

#include "objects.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::cpython {

// What the layout does not know, or what cannot be read, is a gap.
PythonSignals decode_signals(Objects& objects, std::vector<Gap>& gaps);

}  // namespace subint_doctor::cpython
