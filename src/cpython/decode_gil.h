// Every distinct GIL, once, and who holds it.
// Mirrors: Include/internal/pycore_gil.h (3.13), pycore_interp_structs.h (3.14, 3.15), struct _gil_runtime_state.
#pragma once

#include "struct_reader.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::cpython {

// Fills python.gils and Interpreter::gil from interpreters whose thread states are complete. The main interpreter's GIL
// comes first, the others in the order of interpreter ids.
void decode_gils(const StructReader& structs, Python& python, std::vector<Gap>& gaps);

// Reads again who holds them.
void settle_gils(const StructReader& structs, Python& python, std::vector<Gap>& gaps);

}  // namespace subint_doctor::cpython
