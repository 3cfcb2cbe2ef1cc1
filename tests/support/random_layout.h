// A layout in which no offset is what it is in any real CPython: code that decodes an image made with it looks
// everything up.
#pragma once

#include <cstdint>

#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::test {

// Offsets of the fields of one structure never overlap. The same seed gives the same layout.
cpython::Layout random_layout(Address runtime, std::uint64_t seed);

}  // namespace subint_doctor::test
