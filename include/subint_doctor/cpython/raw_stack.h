// A thread state and its frames as numbers: all that changes while the thread runs, and little to read. What the
// numbers mean (names, lines) is looked up afterwards, when nothing is held any more.
//
//   Result<RawStack> raw = read_raw_stack(memory, layout, thread_state);  // a few reads
//   Result<ThreadState> state = describe_stack(memory, layout, *raw, codes);  // names and line tables
#pragma once

#include <string>
#include <vector>

#include "subint_doctor/cpython/layout.h"
#include "subint_doctor/model/memory_reader.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::cpython {

constexpr std::size_t max_frames_per_thread = 10'000;

// A frame that may run Python code.
struct RawFrame {
    Address address;
    Address executable;
    Address instruction;
    Address first_local;  // an object, or 0
    bool in_generator = false;
    std::uint32_t shim = 0;  // index into RawStack::shims, or its size where that was not read
};

struct RawStack {
    ThreadState state;  // all but its interpreter's id, its frames and its name
    Address interpreter;
    std::vector<RawFrame> frames;  // innermost first
    std::vector<Address> shims;  // of EvalCall, innermost first
};

// Reads the thread state, the newest piece of its data stack, and then each frame that lies elsewhere: three to ten
// reads for an ordinary stack. Whatever reads the same bytes again, a recording say, gets the same result.
// state.frames_complete, frames_problem, frames_fingerprint and stack_anchor are set. Fails where the thread state
// itself cannot be read.
Result<RawStack> read_raw_stack(const MemoryReader& memory, const Layout& layout, Address thread_state);

// Looks up what a raw stack means. A code object that is in `codes` already, unchanged, is not read again; new ones are
// appended. Fails where the thread state's interpreter cannot be read.
Result<ThreadState> describe_stack(const MemoryReader& memory, const Layout& layout, const RawStack& raw,
                                   std::vector<Code>& codes);

}  // namespace subint_doctor::cpython
