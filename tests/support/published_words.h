// What real CPythons publish about themselves: the first thing in _PyRuntime.
#pragma once

#include <cstdint>
#include <span>

#include "fake_memory.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::test {

// _Py_DebugOffsets of 3.13.15 (0x030d), 3.14.8 (0x030e) or 3.15.0 (0x030f), word by word, the cookie included.
std::span<const std::uint64_t> published_words(unsigned minor_version);

void publish(FakeMemory& memory, Address runtime, unsigned minor_version);

// The layout of that CPython.
cpython::Layout recorded_layout(Address runtime, unsigned minor_version);

}  // namespace subint_doctor::test
