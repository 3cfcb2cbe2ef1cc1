// The interpreters of the runtime, newest first.
// Mirrors: Include/internal/pycore_interp.h (3.13), pycore_interp_structs.h (3.14, 3.15).
#pragma once

#include <vector>

#include "struct_reader.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::cpython {

constexpr std::size_t max_interpreters = 16'384;

// Fails only when the head of the list cannot be read; a list that ends early is a gap.
Result<std::vector<Interpreter>> decode_interpreters(const StructReader& structs, std::vector<Gap>& gaps);

}  // namespace subint_doctor::cpython
