// Thread states as their interpreter links them, and their stacks.
// Mirrors: Include/cpython/pystate.h, struct _ts (3.13-3.15).
#pragma once

#include <span>
#include <unordered_set>
#include <vector>

#include "decode_frames.h"
#include "objects.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::cpython {

constexpr std::size_t max_thread_states = 65'536;  // in one look

// A thread state and what leads on from it.
struct StateRecord {
    ThreadState state;
    Address interpreter;
    Address next;
    Address base_frame;  // 0 before 3.15
    AddressRange data_stack;  // the used part of its newest chunk, where most frames lie
    Address outermost_frame;  // of its Python frames; set by decode_stacks
};

// `state.interpreter` is left to the caller.
Result<StateRecord> read_thread_state(const StructReader& structs, Address address);

// The list of one interpreter, newest first. `seen` holds every thread state of this look: one that comes again, or
// that belongs to another interpreter, ends the walk with a gap.
std::vector<StateRecord> walk_thread_states(const StructReader& structs, const Interpreter& interpreter,
                                            std::unordered_set<Address>& seen, std::vector<Gap>& gaps);

// Frames and thread names of all records.
void decode_stacks(Objects& objects, std::span<StateRecord> records, std::vector<Code>& codes);

}  // namespace subint_doctor::cpython
