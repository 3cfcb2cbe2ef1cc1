#include "gaps.h"

#include <fmt/format.h>

#include <unordered_set>

namespace subint_doctor::capture {
namespace {

// Whether a rule asks for it: what is behind a wakeup fd matters only where one is set.
enum class Needed { never, with_wakeup_fd, always };

struct Row {
    const char* path;
    os::Fact fact;
    Needed needed;
};

constexpr Row rows[] = {
    {"target.exe", os::Fact::executable, Needed::never},
    {"target.cmdline", os::Fact::command_line, Needed::never},
    {"signals", os::Fact::process_status, Needed::always},
    {"threads", os::Fact::thread_status, Needed::always},
    {"threads", os::Fact::thread_list, Needed::always},
    {"threads.syscall", os::Fact::system_calls, Needed::always},
    {"signals.wakeup", os::Fact::descriptor_list, Needed::always},
    {"signals.wakeup.polled_by", os::Fact::epoll_sets, Needed::with_wakeup_fd},
    {"signals.wakeup.queued_writes", os::Fact::socket_queues, Needed::with_wakeup_fd},
};

}  // namespace

void add_gaps(std::span<const os::Unread> unread, bool wakeup_fd_set, std::vector<Gap>& gaps) {
    for (const os::Unread& missing : unread) {
        for (const Row& row : rows) {
            if (row.fact != missing.fact) continue;
            const bool needed = row.needed == Needed::always || (row.needed == Needed::with_wakeup_fd && wakeup_fd_set);
            gaps.push_back({row.path, describe(missing.error), needed});
        }
    }
}

void add_unread_stacks(Snapshot& look) {
    if (!look.python) return;
    std::unordered_set<int> moved;
    for (const Thread& thread : look.threads) {
        if (thread.moved) moved.insert(thread.tid);
    }
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            const bool stood_still = state.tid && !moved.contains(*state.tid);
            if (!stood_still || state.frames_complete || state.frames_problem.empty()) continue;
            look.gaps.push_back({"threads.thread_states.frames",
                                 fmt::format("the stack of thread {}: {}", *state.tid, state.frames_problem), true});
        }
    }
}

}  // namespace subint_doctor::capture
