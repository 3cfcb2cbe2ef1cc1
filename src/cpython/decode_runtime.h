// The runtime's own facts: version, life cycle, main thread.
// Mirrors: Include/internal/pycore_runtime.h (3.13), pycore_runtime_structs.h (3.14, 3.15).
#pragma once

#include "struct_reader.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::cpython {

// Everything of Python but signals, interpreters, GILs and codes.
Python decode_runtime(const StructReader& structs, std::vector<Gap>& gaps);

}  // namespace subint_doctor::cpython
