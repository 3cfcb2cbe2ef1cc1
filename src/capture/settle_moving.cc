#include "settle_moving.h"

#include <algorithm>
#include <string>
#include <utility>

#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::capture {
namespace {

constexpr int reads_before_holding = 3;
// A Python loop runs thousands of instructions in this much CPU time, and this many reads miss none that matters.
constexpr std::uint64_t cpu_that_moves_frames_ns = 200'000;
constexpr int reads_that_meet_motion = 200;
// On a busy machine a running thread may have to wait for a CPU, which must not be ours. Each such turn of it is worth
// one read only, however many are made while it waits.
constexpr std::uint64_t wait_for_cpu_ns = 1'000'000;
constexpr int most_turns = 150;
constexpr int turns_that_tell = 12;
constexpr int turns_that_tell_with_in_call = 3;
// How long to wait for a thread to stop. It is not held yet: it waits for a CPU, and giving up would leave it with the
// interruption and us with nothing.
constexpr std::uint64_t stop_within_ns = 1'000'000'000;

struct Surgeon {
    const target::Target& patient;
    const cpython::Layout& layout;
    const Options& options;
    const target::Clock& clock;
    Inspection& inspection;

    std::uint64_t allowance_us() const { return static_cast<std::uint64_t>(options.max_pause_ms) * 1'000; }
};

void take_over(ThreadState& state, ThreadState&& read) {
    read.tid = state.tid;
    if (!read.python_name) read.python_name = std::move(state.python_name);
    state = std::move(read);
}

enum class Frames { stand_still, stir, not_known };

bool meets_motion(const Surgeon& surgeon, Address state, const cpython::Position& first) {
    for (int n = 0; n < reads_that_meet_motion; ++n) {
        const auto now = cpython::position_of(surgeon.patient.memory(), surgeon.layout, state);
        if (now && (*now != first || now->in_call == false)) return true;
    }
    return false;
}

// A thread that holds the GIL with frames that stand still is inside one call into C code, or had no CPU, or is a short
// Python loop that was met at the same instruction twice. Reading on while it has a CPU tells which.
Frames watch_frames(const Surgeon& surgeon, Address state) {
    const auto first = cpython::position_of(surgeon.patient.memory(), surgeon.layout, state);
    if (!first) return Frames::not_known;
    const auto cpu_ns = [&] { return surgeon.patient.process_cpu_ns().value_or(0); };
    std::uint64_t seen = cpu_ns();
    int turns_left = first->in_call ? turns_that_tell_with_in_call : turns_that_tell;
    for (int turn = 0; turn < most_turns && turns_left > 0; ++turn) {
        const std::uint64_t before = cpu_ns();
        if (meets_motion(surgeon, state, *first)) return Frames::stir;
        const std::uint64_t after = cpu_ns();
        if (after - before >= cpu_that_moves_frames_ns) return Frames::stand_still;
        turns_left -= before > seen ? 1 : 0;
        seen = after;
        surgeon.clock.sleep_until_ns(surgeon.clock.now_ns() + wait_for_cpu_ns);
    }
    return turns_left == 0 ? Frames::stand_still : Frames::not_known;
}

// One look concludes nothing from frames that stand still, so there it is not worth the reads.
void watch_gil_holder(const Surgeon& surgeon, Thread& thread, const std::vector<ThreadState*>& states) {
    const auto holder = std::find_if(states.begin(), states.end(), [](const auto* state) { return state->holds_gil; });
    if (surgeon.inspection.looks.size() < 2 || holder == states.end()) return;
    const Frames frames = watch_frames(surgeon, (*holder)->address);
    thread.frames_stirred = frames == Frames::stir;
    if (frames == Frames::not_known) {
        surgeon.inspection.gaps.push_back({"motion.moved_tids",
                                           "thread " + std::to_string(thread.tid) +
                                               " got no CPU while it was watched: whether it runs Python or C code "
                                               "could not be told",
                                           true});
    }
}

// True when two reads in a row saw the same frames, all of them.
bool settles_by_reading(const Surgeon& surgeon, ThreadState& state, std::vector<Code>& codes) {
    for (int n = 0; n < reads_before_holding; ++n) {
        Result<ThreadState> again =
            cpython::decode_thread_state(surgeon.patient.memory(), surgeon.layout, state.address, codes);
        if (!again) return false;
        const bool same = again->frames_complete && again->frames_fingerprint == state.frames_fingerprint;
        take_over(state, std::move(*again));
        if (same) return true;
    }
    return false;
}

bool settles_by_holding(const Surgeon& surgeon, int tid, std::vector<ThreadState*>& states, std::vector<Code>& codes) {
    Inspection& inspection = surgeon.inspection;
    const std::uint64_t started = surgeon.clock.now_ns();
    if (inspection.held_us >= surgeon.allowance_us()) return false;
    bool complete = true;
    {
        const auto hold = surgeon.patient.hold(tid, started + stop_within_ns);
        if (!hold) return false;
        inspection.stopped_tids.push_back(tid);
        for (ThreadState* state : states) {
            Result<ThreadState> held =
                cpython::decode_thread_state(surgeon.patient.memory(), surgeon.layout, state->address, codes);
            complete = complete && held && held->frames_complete;
            if (held) take_over(*state, std::move(*held));
        }
    }
    const std::uint64_t held_us = (surgeon.clock.now_ns() - started) / 1'000;
    inspection.held_us += held_us;
    inspection.pause_us = std::max(inspection.pause_us, held_us);
    return complete;
}

std::vector<ThreadState*> states_of(Python& python, int tid) {
    std::vector<ThreadState*> found;
    for (Interpreter& interpreter : python.interpreters) {
        for (ThreadState& state : interpreter.thread_states) {
            if (state.tid == tid) found.push_back(&state);
        }
    }
    return found;
}

void settle(const Surgeon& surgeon, Thread& thread, Python& python) {
    std::vector<ThreadState*> states = states_of(python, thread.tid);
    const bool running = thread.on_cpu || thread.state == 'R';
    if (running) watch_gil_holder(surgeon, thread, states);
    const bool settled = std::all_of(states.begin(), states.end(), [&](ThreadState* state) {
        return settles_by_reading(surgeon, *state, python.codes);
    });
    if (settled) return;
    if (surgeon.options.may_stop && running && settles_by_holding(surgeon, thread.tid, states, python.codes)) return;
    thread.moved = true;
}

}  // namespace

void settle_moving(const target::Target& patient, const cpython::Layout& layout, const Options& options,
                   const target::Clock& clock, Inspection& inspection) {
    const Surgeon surgeon{patient, layout, options, clock, inspection};
    Snapshot& look = inspection.looks.back();
    for (Thread& thread : look.threads) {
        if (thread.ran_while_read && look.python) settle(surgeon, thread, *look.python);
    }
    inspection.consistent =
        std::none_of(look.threads.begin(), look.threads.end(), [](const Thread& thread) { return thread.moved; });
}

}  // namespace subint_doctor::capture
