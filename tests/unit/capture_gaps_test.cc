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

}  // namespace
}  // namespace subint_doctor::capture
