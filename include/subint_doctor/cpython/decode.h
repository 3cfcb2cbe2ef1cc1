// The front door: bytes of the patient in, CPython's state out. Pure: it does not know whether the bytes come from a
// process, a core or a test, and nothing read can make it loop, overrun or allocate without bound.
//
//   Result<Layout> layout = layout_for(memory, where);
//   Decoded look = decode(memory, *layout);
#pragma once

#include <memory>
#include <vector>

#include "subint_doctor/cpython/layout.h"
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

// Reads one thread state and its frames again (for a thread that ran meanwhile, or is held now). New code objects are
// appended to `codes`.
Result<ThreadState> decode_thread_state(const MemoryReader& memory, const Layout& layout, Address thread_state,
                                        std::vector<Code>& codes);

// Where a thread state's innermost frame is now. Two small reads: cheap enough to be asked hundreds of times, which is
// what tells a short Python loop, whose instruction changes, from one call into C code.
struct Position {
    Address frame;  // 0: it runs no Python code
    Address instruction;  // frame->instr_ptr
    // Whether the interpreter has left it for C code that may take long: only then is frame->stackpointer set. Mirrors:
    // _PyFrame_SetStackPointer in Include/internal/pycore_interpframe.h (3.14+). Empty: this CPython does not tell.
    std::optional<bool> in_call;

    bool operator==(const Position&) const = default;
};
Result<Position> position_of(const MemoryReader& memory, const Layout& layout, Address thread_state);

}  // namespace subint_doctor::cpython
