// The front door: bytes of the patient in, CPython's state out. Pure: it does not know whether the bytes come from a
// process, a core or a test, and nothing read can make it loop, overrun or allocate without bound.
//
//   Result<Layout> layout = layout_for(memory, where);
//   Decoded look = decode(memory, *layout);
#pragma once

#include <memory>
#include <vector>

#include "subint_doctor/cpython/layout.h"
#include "subint_doctor/cpython/raw_stack.h"
#include "subint_doctor/model/memory_reader.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::cpython {

struct Decoded {
    Python python;  // what could be read
    std::vector<Gap> gaps;  // what could not
};

// Reads everything once. tids (ThreadState::tid, Gil::*_tid, waiters, main_tid) are left empty: joining thread states
// to OS threads is capture's work, since only it knows both.
// Fails only when not even the interpreter list can be read.
Result<Decoded> decode(const MemoryReader& memory, const Layout& layout);

// Reads one thread state and its frames again, for a thread that ran meanwhile: read_raw_stack, then describe_stack.
Result<ThreadState> decode_thread_state(const MemoryReader& memory, const Layout& layout, Address thread_state,
                                        std::vector<Code>& codes);

// Who holds each GIL now, after thread states were read again: every Gil and the holds_gil, status, eval_breaker and
// gil_requested of the states agree with each other afterwards. Tids are left alone. What could not be settled is a gap.
void read_gils_again(const MemoryReader& memory, const Layout& layout, Python& python, std::vector<Gap>& gaps);

// Where a thread state's innermost frame is now, and whether it holds the GIL. Cheap enough to be asked hundreds of
// times, which is what tells a short Python loop, whose instruction changes, from one call into C code.
struct Position {
    bool holds_gil = false;
    Address frame;  // 0: it runs no Python code
    Address instruction;  // frame->instr_ptr
    std::uint64_t stack_pointer = 0;  // frame->stackpointer, as it was last put away; 0 before 3.14

    bool operator==(const Position&) const = default;
};
// One system call where `expected_frame` is still the innermost one, which is then all that is certain of the rest.
Result<Position> position_of(const MemoryReader& memory, const Layout& layout, Address thread_state,
                             Address expected_frame = {});

// Whether the instruction there jumps back: a thread that is always met at one runs a loop in bytecode so short that it
// has no other place to be met at. What calls into C code is another instruction. Mirrors: Include/opcode_ids.h.
bool jumps_back(const MemoryReader& memory, const Layout& layout, Address instruction);

}  // namespace subint_doctor::cpython
