#include "settle_moving.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include "read_again.h"
#include "subint_doctor/cpython/decode.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::capture {
namespace {

constexpr int reads_before_holding = 3;
// A thread whose frames seem to stand still is watched in short turns, between which it may have our CPU, until it has
// used this much CPU time: a Python loop runs thousands of instructions meanwhile.
constexpr int reads_in_a_turn = 200;
constexpr std::uint64_t between_turns_ns = 20'000;
// Where it got none in the last turn: it may be ours that it wants.
constexpr std::uint64_t wait_for_cpu_ns = 1'000'000;
constexpr std::uint64_t cpu_that_tells_ns = 2'500'000;
constexpr std::uint64_t longest_watch_ns = 150'000'000;
constexpr std::uint64_t watch_for_each_running_ns = 2'500'000;
// How long to wait for a thread to stop. It is not held yet: it waits for a CPU, and giving up would leave it with the
// interruption and us with nothing.
constexpr std::uint64_t stop_within_ns = 1'000'000'000;

struct Surgeon {
    const os::Target& patient;
    const cpython::Layout& layout;
    const Options& options;
    const os::Clock& clock;
    Inspection& inspection;

    // Of the whole inspection, which began with its first look.
    std::uint64_t deadline_ns() const {
        const std::uint64_t timeout = static_cast<std::uint64_t>(options.timeout_ms) * 1'000'000;
        return timeout == 0 ? std::numeric_limits<std::uint64_t>::max() : inspection.looks.front().started_ns + timeout;
    }
    std::uint64_t allowance_us() const { return static_cast<std::uint64_t>(options.max_pause_ms) * 1'000; }
};

// One GIL holder that runs, and where it was when the watch began.
struct Watch {
    Thread* thread;
    Address state;
    cpython::Position first;
};

// Where it is; a frame that was left and freed between the two steps of a read is none, so it is asked again.
std::optional<cpython::Position> position_of(const Surgeon& surgeon, Address state) {
    for (int n = 0; n < reads_before_holding; ++n) {
        if (const auto now = cpython::position_of(surgeon.patient.memory(), surgeon.layout, state)) return *now;
    }
    return std::nullopt;
}

bool meets_motion(const Surgeon& surgeon, Address state, const cpython::Position& first) {
    for (int n = 0; n < reads_in_a_turn; ++n) {
        const auto now = cpython::position_of(surgeon.patient.memory(), surgeon.layout, state, first.frame);
        if (now && *now != first) return true;
    }
    return false;
}

std::uint64_t running_threads(const Snapshot& look) {
    const auto running =
        std::ranges::count_if(look.threads, [](const Thread& t) { return t.on_cpu || t.state == 'R'; });
    return static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(running, 1));
}

const Gil* gil_of(const Snapshot& look, const ThreadState& holder) {
    const auto held = [&](const Gil& gil) { return gil.holder == holder.address; };
    const auto found = std::ranges::find_if(look.python->gils, held);
    return found == look.python->gils.end() ? nullptr : &*found;
}

// Asked in both of the last looks to let the GIL go, and it has not: Python code answers within microseconds, so no
// watching tells more.
bool was_deaf(const Inspection& inspection, const ThreadState& holder) {
    const Snapshot& before = inspection.looks[inspection.looks.size() - 2];
    const Gil* then = before.python ? gil_of(before, holder) : nullptr;
    const Gil* now = gil_of(inspection.last(), holder);
    return then != nullptr && now != nullptr && then->drop_requested && now->drop_requested &&
           then->switch_number == now->switch_number;
}

bool collects_garbage(const Inspection& inspection, const ThreadState& state) {
    const std::vector<Interpreter>& all = inspection.last().python->interpreters;
    const auto found = std::ranges::find(all, state.interpreter, &Interpreter::id);
    return found != all.end() && found->collecting;
}

void add_unwatched(const Surgeon& surgeon, const Thread& thread, const char* why) {
    surgeon.inspection.gaps.push_back({"motion.moved_tids",
                                       "thread " + std::to_string(thread.tid) + " " + why +
                                           " while it was watched: whether it runs Python or C code could not be told",
                                       true});
}

// A thread that has let the GIL go since the look, or is about to jump back in bytecode, is in no C call; but a jump
// back is also where a garbage collection is run from (_Py_HandlePending in Python/ceval_gil.c).
void begin_watch(const Surgeon& surgeon, Thread& thread, const ThreadState& holder, std::vector<Watch>& watches) {
    const std::optional<cpython::Position> first = position_of(surgeon, holder.address);
    if (!first) return add_unwatched(surgeon, thread, "could not be read");
    const bool jumps = cpython::jumps_back(surgeon.patient.memory(), surgeon.layout, first->instruction);
    thread.frames_stirred = !first->holds_gil || (jumps && !collects_garbage(surgeon.inspection, holder));
    if (!thread.frames_stirred) watches.push_back({&thread, holder.address, *first});
}

std::vector<Watch> begin_watches(const Surgeon& surgeon) {
    Snapshot& look = surgeon.inspection.looks.back();
    std::unordered_map<int, const ThreadState*> holders;  // by tid
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (state.tid && state.holds_gil) holders.emplace(*state.tid, &state);
        }
    }
    std::vector<Watch> watches;
    for (Thread& thread : look.threads) {
        const auto holder = holders.find(thread.tid);
        const bool running = thread.on_cpu || thread.state == 'R';
        if (!thread.ran_while_read || !running || holder == holders.end()) continue;
        if (!was_deaf(surgeon.inspection, *holder->second)) begin_watch(surgeon, thread, *holder->second, watches);
    }
    return watches;
}

// A thread that holds a GIL with frames that stand still is inside one call into C code, or had no CPU, or is a short
// Python loop that was met at the same instruction twice. Reading on while it has a CPU tells which. All holders are
// watched at once: the CPU time that can be read is that of the whole process, what its running threads use together.
// One look concludes nothing from frames that stand still, so there it is not worth the reads.
void watch_gil_holders(const Surgeon& surgeon) {
    if (surgeon.inspection.looks.size() < 2) return;
    std::vector<Watch> watches = begin_watches(surgeon);
    if (watches.empty()) return;
    const os::Clock& clock = surgeon.clock;
    const auto cpu_ns = [&] {
        const os::LiveTarget* live = surgeon.patient.live();
        return live == nullptr ? std::uint64_t{0} : live->process_cpu_ns().value_or(0);
    };
    const std::uint64_t running = running_threads(surgeon.inspection.last());
    std::uint64_t used = cpu_ns();
    const std::uint64_t enough = used + cpu_that_tells_ns * running;
    const std::uint64_t given_up =
        std::min(surgeon.deadline_ns(), clock.now_ns() + longest_watch_ns + watch_for_each_running_ns * (running - 1));
    for (;;) {
        for (Watch& watch : watches) {
            watch.thread->frames_stirred = meets_motion(surgeon, watch.state, watch.first);
        }
        std::erase_if(watches, [](const Watch& watch) { return watch.thread->frames_stirred; });
        const std::uint64_t used_before = std::exchange(used, cpu_ns());
        if (watches.empty() || used >= enough) return;
        const std::uint64_t now = clock.now_ns();
        if (now >= given_up) break;
        clock.sleep_until_ns(now + (used > used_before ? between_turns_ns : wait_for_cpu_ns));
    }
    for (const Watch& watch : watches) add_unwatched(surgeon, *watch.thread, "got no CPU");
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

// A thread, and its states.
struct Torn {
    Thread* thread;
    std::vector<ThreadState*> states;
};

bool is_held(std::span<const os::HeldThread> threads, int tid) {
    return std::ranges::any_of(threads, [&](const os::HeldThread& thread) {
        return thread.tid == tid && thread.outcome == os::HoldOutcome::held;
    });
}

// All of them at once, for one read of what changes while they run; names and lines are looked up when they run again.
// What settles is taken out of `torn`.
void settle_by_holding(const Surgeon& surgeon, std::vector<Torn>& torn, std::vector<Code>& codes) {
    Inspection& inspection = surgeon.inspection;
    const os::LiveTarget* live = surgeon.patient.live();
    std::vector<int> tids;
    for (const Torn& one : torn) {
        if (one.thread->on_cpu || one.thread->state == 'R') tids.push_back(one.thread->tid);
    }
    const std::uint64_t now = surgeon.clock.now_ns();
    if (live == nullptr || tids.empty() || inspection.held_us >= surgeon.allowance_us() || now >= surgeon.deadline_ns())
        return;
    const auto read_raw = [&](const MemoryReader& memory, const ThreadState& state) {
        return cpython::read_raw_stack(memory, surgeon.layout, state.address);
    };
    const os::HoldOrder order{.tids = tids,
                              .stop_by_ns = std::min(now + stop_within_ns, surgeon.deadline_ns()),
                              .longest_ns = (surgeon.allowance_us() - inspection.held_us) * 1'000};
    const auto held = live->hold(order, [&](const MemoryReader& memory, std::span<const os::HeldThread> threads) {
        for (const Torn& one : torn) {
            if (!threads.empty() && !is_held(threads, one.thread->tid)) continue;
            for (const ThreadState* state : one.states) (void)read_raw(memory, *state);
        }
    });
    if (!held) return;
    const std::uint64_t held_us = held->longest_ns / 1'000;
    inspection.held_us += held_us;
    inspection.pause_us = std::max(inspection.pause_us, held_us);
    for (const int tid : tids) {
        if (is_held(held->threads, tid)) inspection.stopped_tids.push_back(tid);
    }
    std::erase_if(torn, [&](const Torn& one) {
        if (!is_held(held->threads, one.thread->tid)) return false;
        bool complete = true;
        for (ThreadState* state : one.states) {
            const Result<cpython::RawStack> raw = read_raw(held->memory, *state);
            if (!raw) return false;
            Result<ThreadState> read = cpython::describe_stack(surgeon.patient.memory(), surgeon.layout, *raw, codes);
            complete = complete && read && read->frames_complete;
            if (read) take_over(*state, std::move(*read));
        }
        return complete;
    });
}

// Those that did not settle by reading.
std::vector<Torn> torn_threads(const Surgeon& surgeon, Snapshot& look) {
    std::vector<Torn> torn;
    for (Thread& thread : look.threads) {
        if (!thread.ran_while_read) continue;
        Torn one{&thread, states_of(*look.python, thread.tid)};
        const bool settled = std::ranges::all_of(one.states, [&](ThreadState* state) {
            return surgeon.clock.now_ns() < surgeon.deadline_ns() &&
                   settles_by_reading(surgeon, *state, look.python->codes);
        });
        if (!settled) torn.push_back(std::move(one));
    }
    return torn;
}

}  // namespace

void settle_moving(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                   const os::Clock& clock, Inspection& inspection) {
    const Surgeon surgeon{patient, layout, options, clock, inspection};
    Snapshot& look = inspection.looks.back();
    if (!look.python) return;
    watch_gil_holders(surgeon);
    std::vector<Torn> torn = torn_threads(surgeon, look);
    if (options.may_stop) settle_by_holding(surgeon, torn, look.python->codes);
    for (const Torn& left : torn) left.thread->moved = true;
    inspection.consistent = torn.empty();
}

}  // namespace subint_doctor::capture
