#include <gtest/gtest.h>
#include <linux/futex.h>

#include <array>
#include <ctime>

#include "fake_memory.h"
#include "time_limits.h"

namespace subint_doctor::capture {
namespace {

constexpr std::uint64_t at = 0x5000;
constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr PatientTime now{100 * ns_per_s, 2'000 * ns_per_s};

Syscall call(const std::string& name, std::array<std::uint64_t, 6> args) { return {1, name, args, {}, {}}; }

// What is known of a call whose time, two words, lies at `at`.
TimeLimit limit_of(const Syscall& called, std::int64_t seconds, std::int64_t part, const PatientTime& time = now) {
    test::FakeMemory memory;
    memory.put_value({at}, std::array{seconds, part});
    TimeLimit limit = time_limit_of(called).value();
    read_time_limit(memory, called, time, limit);
    return limit;
}

TEST(TimeLimitOf, MillisecondsStandInTheArgument) {
    EXPECT_EQ(time_limit_of(call("epoll_wait", {5, 0, 0, 1'500}))->ms, 1'500U);
    EXPECT_EQ(time_limit_of(call("poll", {0, 1, 30'000}))->ms, 30'000U);
    const auto endless = time_limit_of(call("epoll_pwait", {5, 0, 0, 0xffffffff}));
    EXPECT_FALSE(endless->limited);
    EXPECT_FALSE(endless->ms);
}

TEST(TimeLimitOf, APointerTellsWhetherThereIsOne) {
    for (const char* name : {"ppoll", "futex", "pselect6", "rt_sigtimedwait"}) {
        EXPECT_FALSE(time_limit_of(call(name, {}))->limited) << name;
    }
    EXPECT_TRUE(time_limit_of(call("futex", {0, 0, 0, at}))->limited);
    EXPECT_TRUE(time_limit_of(call("clock_nanosleep", {1, 0, at}))->limited);
    EXPECT_FALSE(time_limit_of(call("wait4", {1, 2, 3, 4, 5, 6}))->limited);
    EXPECT_FALSE(time_limit_of(call("read", {}))) << "a socket may have one of its own";
}

TEST(ReadTimeLimit, ASpanIsTold) {
    EXPECT_EQ(limit_of(call("ppoll", {0, 1, at}), 2, 500'000'000).ms, 2'500U);
    EXPECT_EQ(limit_of(call("select", {1, 0, 0, 0, at}), 2, 500'000).ms, 2'500U) << "microseconds";
    EXPECT_EQ(limit_of(call("nanosleep", {at}), 7, 0).ms, 7'000U);
    EXPECT_EQ(limit_of(call("clock_nanosleep", {CLOCK_MONOTONIC, 0, at}), 7, 0).ms, 7'000U);
    EXPECT_EQ(limit_of(call("futex", {0, FUTEX_WAIT_PRIVATE, 0, at}), 7, 0).ms, 7'000U);
}

TEST(ReadTimeLimit, APointInTimeIsCountedFromTheLook) {
    const Syscall sleep = call("clock_nanosleep", {CLOCK_MONOTONIC, TIMER_ABSTIME, at});
    EXPECT_EQ(limit_of(sleep, 160, 0).left_ms, 60'000U);
    EXPECT_EQ(limit_of(sleep, 99, 0).left_ms, 0U) << "it is over";
    EXPECT_FALSE(limit_of(sleep, 160, 0).ms);
    const auto bitset = static_cast<std::uint64_t>(FUTEX_WAIT_BITSET_PRIVATE);
    EXPECT_EQ(limit_of(call("futex", {0, bitset, 0, at}), 101, 0).left_ms, 1'000U);
    EXPECT_EQ(limit_of(call("futex", {0, bitset | FUTEX_CLOCK_REALTIME, 0, at}), 2'003, 0).left_ms, 3'000U);
    EXPECT_EQ(limit_of(call("clock_nanosleep", {CLOCK_REALTIME, TIMER_ABSTIME, at}), 2'003, 0).left_ms, 3'000U);
    EXPECT_EQ(limit_of(call("futex", {0, FUTEX_LOCK_PI_PRIVATE, 0, at}), 2'003, 0).left_ms, 3'000U);
}

TEST(ReadTimeLimit, AnotherClockIsNotOurs) {
    const PatientTime other{{}, 2'000 * ns_per_s};
    EXPECT_FALSE(limit_of(call("clock_nanosleep", {CLOCK_MONOTONIC, TIMER_ABSTIME, at}), 160, 0, other).left_ms);
    EXPECT_FALSE(limit_of(call("clock_nanosleep", {CLOCK_BOOTTIME, TIMER_ABSTIME, at}), 160, 0).left_ms);
}

TEST(ReadTimeLimit, WhatIsNoTimeIsLeftOut) {
    const Syscall poll = call("ppoll", {0, 1, at});
    for (const auto& [seconds, part] :
         {std::pair<std::int64_t, std::int64_t>{-1, 0}, {1, -1}, {1, 1'000'000'000}, {std::int64_t{1} << 40U, 0}}) {
        const TimeLimit limit = limit_of(poll, seconds, part);
        EXPECT_TRUE(limit.limited);
        EXPECT_FALSE(limit.ms) << seconds;
    }
    TimeLimit unreadable = *time_limit_of(poll);
    read_time_limit(test::FakeMemory(), poll, now, unreadable);
    EXPECT_TRUE(unreadable.limited);
    EXPECT_FALSE(unreadable.ms);
}

}  // namespace
}  // namespace subint_doctor::capture
