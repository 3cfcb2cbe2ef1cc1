#include "motion.h"

#include <algorithm>
#include <unordered_map>

namespace subint_doctor::capture {
namespace {

// Of each thread: all its frames in one number.
std::unordered_map<int, std::uint64_t> stacks_of(const Snapshot& look) {
    std::unordered_map<int, std::uint64_t> stacks;
    if (!look.python) return stacks;
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (state.tid)
                stacks[*state.tid] = stacks[*state.tid] * 31 + (state.frames_fingerprint ^ state.address.value);
        }
    }
    return stacks;
}

std::unordered_map<int, const Thread*> threads_of(const Snapshot& look) {
    std::unordered_map<int, const Thread*> threads;
    for (const Thread& thread : look.threads) threads[thread.tid] = &thread;
    return threads;
}

// Asleep in both looks with the same stack: between them it woke to ask for something, and sleeps again.
bool polls(const Thread& before, const Thread& now, std::uint64_t elapsed_ns) {
    const bool asleep = before.wait.kind == WaitKind::sleep && now.wait.kind == WaitKind::sleep;
    return asleep && now.run_ns >= before.run_ns && (now.run_ns - before.run_ns) * 10 <= elapsed_ns;
}

bool waits_for_gil(const Thread& thread) { return thread.wait.kind == WaitKind::gil; }

}  // namespace

void find_motion(Inspection& inspection) {
    const Snapshot& last = inspection.last();
    if (inspection.looks.size() < 2) {
        for (const Thread& thread : last.threads) {
            if (thread.moved) inspection.moved_tids.push_back(thread.tid);
        }
        return;
    }
    const Snapshot& before = inspection.looks[inspection.looks.size() - 2];
    const auto old_threads = threads_of(before);
    auto old_stacks = stacks_of(before);
    auto new_stacks = stacks_of(last);
    for (const Thread& thread : last.threads) {
        const auto old = old_threads.find(thread.tid);
        if (old == old_threads.end()) {
            inspection.moved_tids.push_back(thread.tid);
            continue;
        }
        const bool other_frames = old_stacks[thread.tid] != new_stacks[thread.tid];
        const bool ran = thread.run_ns != old->second->run_ns || (thread.on_cpu && old->second->on_cpu);
        const bool blinks = waits_for_gil(thread) || waits_for_gil(*old->second) ||
                            polls(*old->second, thread, last.started_ns - before.started_ns);
        if (thread.moved || other_frames || (ran && !blinks)) inspection.moved_tids.push_back(thread.tid);
    }
}

}  // namespace subint_doctor::capture
