#include "join.h"

#include <unordered_map>

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

}  // namespace

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
