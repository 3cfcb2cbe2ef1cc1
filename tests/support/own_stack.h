// The stack of the thread that asks, copied as if it had been held right there.
#pragma once

#include <vector>

#include "subint_doctor/native/read_stacks.h"

namespace subint_doctor::test {

struct OwnStack {
    os::Registers registers;
    Address start;
    std::vector<std::byte> bytes;

    native::StackCopy copy() const { return {.tid = 1, .registers = registers, .start = start, .bytes = bytes}; }
};

// Up to `most_bytes` of it.
OwnStack copy_own_stack(std::size_t most_bytes = 16'384);

// What is in `bytes` of a program of this machine that is stopped with these registers, ucontext(3).
os::Registers registers_of(const void* ucontext);

}  // namespace subint_doctor::test
