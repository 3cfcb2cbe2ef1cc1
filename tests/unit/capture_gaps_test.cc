#include <gtest/gtest.h>

#include "gaps.h"

namespace subint_doctor::capture {
namespace {

bool is_needed(os::Fact fact, bool wakeup_fd_set) {
    const std::vector<os::Unread> unread{{fact, Error{ErrorCode::unreadable, "reading it"}}};
    std::vector<Gap> gaps;
    add_gaps(unread, wakeup_fd_set, gaps);
    EXPECT_EQ(gaps.size(), 1U);
    return !gaps.empty() && gaps.front().needed;
}

// A process in another network namespace whose sockets nobody asks about is read whole.
TEST(AddGaps, WhatIsBehindTheWakeupFdIsNeededWhereOneIsSet) {
    for (const os::Fact fact : {os::Fact::socket_queues, os::Fact::epoll_sets}) {
        EXPECT_FALSE(is_needed(fact, false));
        EXPECT_TRUE(is_needed(fact, true));
    }
}

TEST(AddGaps, ThreadsAndSignalsAreAlwaysNeededAndNamesNever) {
    EXPECT_TRUE(is_needed(os::Fact::system_calls, false));
    EXPECT_TRUE(is_needed(os::Fact::process_status, false));
    EXPECT_FALSE(is_needed(os::Fact::command_line, true));
}

TEST(Gaps, AStackThatEndsEarlyIsOneUnlessItsThreadMoved) {
    Snapshot look;
    Thread thread;
    thread.tid = 7;
    look.threads = {thread};
    ThreadState state;
    state.tid = 7;
    state.frames_problem = "it goes in circles";
    Interpreter main;
    main.thread_states = {state};
    look.python.emplace();
    look.python->interpreters = {main};

    add_unread_stacks(look);
    ASSERT_EQ(look.gaps.size(), 1U);
    EXPECT_EQ(look.gaps[0], (Gap{"threads.thread_states.frames", "the stack of thread 7: it goes in circles", true}));

    look.gaps.clear();
    look.threads[0].moved = true;
    add_unread_stacks(look);
    EXPECT_TRUE(look.gaps.empty());

    look.threads[0].moved = false;
    look.python->interpreters[0].thread_states[0].frames_complete = true;
    add_unread_stacks(look);
    EXPECT_TRUE(look.gaps.empty());
}

}  // namespace
}  // namespace subint_doctor::capture
