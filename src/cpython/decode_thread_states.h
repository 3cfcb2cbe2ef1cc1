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

constexpr std::size_t max_thread_states = 16'384;  // in one look
constexpr int readings_of_a_stack = 3;  // of one whose chain did not reach its end

// Where the stack of a thread state begins.
struct ChainStart {
    Address interpreter;
    Address base_frame;  // ends the chain; 0 before 3.15
    AddressRange data_stack;  // the used part of its newest chunk, where most frames lie
};

// A thread state and what leads on from it.
struct StateRecord {
    RawStack stack;
    Address next;
    ChainStart start;
};

// A thread state that has no frames yet.
struct StackStart {
    ThreadState* state = nullptr;
    ChainStart start;
};

// Without its frames; the interpreter's id is left to the caller.
Result<StateRecord> read_thread_state(const StructReader& structs, Address address);

// The list of one interpreter, newest first. `seen` holds every thread state of this look: one that comes again, or
// that belongs to another interpreter, ends the walk with a gap.
std::vector<StateRecord> walk_thread_states(const StructReader& structs, const Interpreter& interpreter,
                                            std::unordered_set<Address>& seen, std::vector<Gap>& gaps);

// The frames of all records, as numbers. Takes what it walks from `budget`.
void walk_stacks(const StructReader& structs, std::span<StateRecord> records, std::size_t& budget);

// A raw stack whose state is to get its frames and its name.
struct Undescribed {
    const RawStack* raw = nullptr;
    ThreadState* state = nullptr;
};
void describe_stacks(Objects& objects, std::span<const Undescribed> stacks, CodeTable& codes,
                     const std::vector<Code>& all_codes);

// Both, for a thousand thread states at a time, so that what they need meanwhile is bounded. A stack whose chain did not
// reach its end is read again; what its state says of the GIL stays.
void decode_stacks(Objects& objects, std::span<const StackStart> stacks, std::vector<Code>& codes);

}  // namespace subint_doctor::cpython
