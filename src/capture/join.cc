#include "join.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "waits.h"

namespace subint_doctor::capture {
namespace {

using StateTids = std::unordered_map<Address, int>;

// A thread state knows its thread by the number that gettid() gave it, which is that of the patient's namespace.
StateTids join_thread_states(Snapshot& look) {
    std::unordered_map<int, int> tid_of_namespace_tid;
    for (const Thread& thread : look.threads) tid_of_namespace_tid[thread.namespace_tid] = thread.tid;
    StateTids tids;
    for (Interpreter& interpreter : look.python->interpreters) {
        for (ThreadState& state : interpreter.thread_states) {
            const auto found = tid_of_namespace_tid.find(state.namespace_tid);
            if (found == tid_of_namespace_tid.end()) continue;
            state.tid = found->second;
            tids[state.address] = found->second;
        }
    }
    return tids;
}

std::optional<int> tid_of(const StateTids& tids, Address state) {
    const auto found = tids.find(state);
    return found == tids.end() ? std::nullopt : std::optional<int>(found->second);
}

void join_gils(Snapshot& look, const StateTids& tids) {
    for (Gil& gil : look.python->gils) {
        if (gil.last_holder_alive) gil.last_holder_tid = tid_of(tids, gil.last_holder);
        if (gil.holder) gil.holder_tid = tid_of(tids, *gil.holder);
        for (const Thread& thread : look.threads) {
            if (thread.syscall && thread.syscall->name == "futex" &&
                gil.condition.contains({thread.syscall->args[0]})) {
                gil.waiters.push_back(thread.tid);
            }
        }
    }
}

void join_names(Snapshot& look) {
    std::unordered_map<int, const std::string*> names;
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            // Interpreters come newest first, so the main interpreter's name for a thread is the one that stays.
            if (state.tid && state.python_name) names[*state.tid] = &*state.python_name;
        }
    }
    for (Thread& thread : look.threads) {
        const auto found = names.find(thread.tid);
        if (found != names.end()) thread.python_name = *found->second;
    }
}

// A wake-up of a waiter costs microseconds; one that got the GIL in between ran for longer or shows other frames.
bool ran_little(const Thread& a, const Thread& b, std::uint64_t elapsed_ns) {
    constexpr std::uint64_t share = 20;
    const std::uint64_t ran = a.run_ns > b.run_ns ? a.run_ns - b.run_ns : b.run_ns - a.run_ns;
    return ran < elapsed_ns / share;
}

std::uint64_t stack_of(const Snapshot& look, int tid) {
    std::uint64_t stack = 0;
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (state.tid == tid) stack = stack * 31 + (state.frames_fingerprint ^ state.address.value);
        }
    }
    return stack;
}

Gil* same_gil(Snapshot& look, Address address) {
    const auto found = std::ranges::find(look.python->gils, address, &Gil::address);
    return found == look.python->gils.end() ? nullptr : &*found;
}

void wait_here_too(Snapshot& look, Thread& awake, const Snapshot& beside, const Thread& waiter) {
    Gil* gil = same_gil(look, beside.python->gils[static_cast<std::size_t>(*waiter.wait.gil())].address);
    if (gil == nullptr || gil->holder_tid == awake.tid || stack_of(look, awake.tid) != stack_of(beside, waiter.tid))
        return;
    gil->waiters.push_back(awake.tid);
    std::ranges::sort(gil->waiters);
    awake.wait = wait_for(*gil);
}

void join_blinking(Snapshot& before, Snapshot& after) {
    std::unordered_map<int, Thread*> earlier;
    for (Thread& thread : before.threads) earlier[thread.tid] = &thread;
    const std::uint64_t elapsed_ns = after.started_ns - before.started_ns;
    for (Thread& now : after.threads) {
        const auto found = earlier.find(now.tid);
        if (found == earlier.end() || !ran_little(*found->second, now, elapsed_ns)) continue;
        Thread& then = *found->second;
        if (then.wait.kind == WaitKind::gil && now.wait.kind == WaitKind::running) {
            wait_here_too(after, now, before, then);
        } else if (then.wait.kind == WaitKind::running && now.wait.kind == WaitKind::gil) {
            wait_here_too(before, then, after, now);
        }
    }
}

void drop_ended_waiters(Inspection& inspection) {
    std::unordered_set<int> alive;
    for (const Thread& thread : inspection.last().threads) alive.insert(thread.tid);
    for (Snapshot& look : inspection.looks) {
        if (!look.python) continue;
        for (Gil& gil : look.python->gils) std::erase_if(gil.waiters, [&](int tid) { return !alive.contains(tid); });
    }
}

}  // namespace

void join_looks(Inspection& inspection) {
    drop_ended_waiters(inspection);
    for (std::size_t n = 1; n < inspection.looks.size(); ++n) {
        Snapshot& before = inspection.looks[n - 1];
        Snapshot& after = inspection.looks[n];
        if (before.python && after.python) join_blinking(before, after);
    }
}

void join_threads(Snapshot& look) {
    const StateTids tids = join_thread_states(look);
    join_gils(look, tids);
    for (Interpreter& interpreter : look.python->interpreters) {
        if (interpreter.running_main) interpreter.running_main_tid = tid_of(tids, interpreter.running_main);
    }
    look.python->main_tid = tid_of(tids, look.python->main_thread_state);
    join_names(look);
}

}  // namespace subint_doctor::capture
