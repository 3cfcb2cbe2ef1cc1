// C stacks out of copies: a thread's registers and the bytes of its stack were taken while it was held, and everything else
// happens here, while it runs on. Knows nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "subint_doctor/model/native_stack.h"
#include "subint_doctor/model/process.h"
#include "subint_doctor/os/hold.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::native {

// A function may use that many bytes below its stack pointer: a copy begins there.
std::uint64_t bytes_below_stack_pointer();

struct StackCopy {
    int tid = 0;
    os::Registers registers;
    bool pointers_only = false;  // no other registers are known: a sleeping thread, as /proc/TID/syscall shows it
    Address start;  // of the copy: the stack pointer, less bytes_below_stack_pointer()
    std::span<const std::byte> bytes;  // up to the stack's base or to a limit of the one who copied
};

struct StackReading {
    NativeStack stack;
    bool lacks_registers = false;  // of a copy with pointers only: it goes on where the other registers are known
};

// Lives as long as one inspection and keeps what it learns: files stay open, and an address is looked up once. At most
// 64 MiB of tables in all; where they are used up, frames lose their names and then stacks their ends.
class StackReader {
public:
    // Both must outlive it; `mappings` by address, as Target::mappings() has them.
    StackReader(const os::Target& target, std::span<const Mapping> mappings);
    StackReader(const StackReader&) = delete;
    StackReader& operator=(const StackReader&) = delete;
    ~StackReader();

    // At most 512 frames, inlined ones not counted. Never fails: what could not be found out is `problem`, and where not
    // even the first frame could be, there is none.
    StackReading read(const StackCopy& copy);

private:
    class Reading;
    std::unique_ptr<Reading> reading_;
};

}  // namespace subint_doctor::native
