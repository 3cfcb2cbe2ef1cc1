// The decoder over bytes that nobody vouches for, for the fuzzer and for its deterministic sister in the unit tests.
#pragma once

#include <cstddef>
#include <span>

#include "subint_doctor/model/address.h"

namespace subint_doctor::test {

// Decodes as if the bytes were a patient's memory from `runtime` on. Whatever comes out must hold together: indices
// within bounds, limits kept. Aborts if not.
void decode_any_bytes(std::span<const std::byte> bytes, Address runtime);

}  // namespace subint_doctor::test
