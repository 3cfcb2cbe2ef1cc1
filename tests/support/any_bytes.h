// The decoder over bytes that nobody vouches for, for the fuzzer and for its deterministic sister in the unit tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "subint_doctor/model/address.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::test {

// What came of it, for tests that must know whether their bytes reach anything.
struct Outcome {
    bool decoded = false;  // a layout was found, and a list of interpreters
    std::size_t admitted = 0;  // gaps, and stacks that were not read to their end
    std::uint64_t digest = 0;  // of all that was read; equal readings, equal digests
};

// Decodes as if the bytes were a patient's memory from `runtime` on. Whatever comes out must hold together: indices
// within bounds, limits kept, one holder for each GIL. Aborts if not.
Outcome decode_any_bytes(std::span<const std::byte> bytes, Address runtime);

// Aborts where a decoded state does not hold together.
void require_soundness(const Python& python);

}  // namespace subint_doctor::test
