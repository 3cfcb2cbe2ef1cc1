#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "syscall_names.h"
#include "thread_files.h"

namespace subint_doctor::os {
namespace {

TEST(Schedstat, HasThreeNumbers) {
    const auto counters = parse_schedstat("220852 17 4\n");
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->run_ns, 220852U);
    EXPECT_EQ(counters->queue_ns, 17U);
    EXPECT_EQ(counters->slices, 4U);
    for (const std::string_view text : {"", "\n", "1 2", "1 2 x", "-1 2 3", "99999999999999999999 2 3"}) {
        EXPECT_FALSE(parse_schedstat(text)) << text;
    }
}

TEST(SyscallFile, ACallHasArgumentsAndPlace) {
    const auto call = parse_syscall("202 0x7f39 0x189 0x0 0x1 0x2 0xffffffffffffffff 0x7ffd10 0x7f00\n");
    ASSERT_TRUE(call);
    EXPECT_EQ(call->number, 202);
    EXPECT_EQ(call->name, "futex");
    EXPECT_EQ(call->args, (std::array<std::uint64_t, 6>{0x7f39, 0x189, 0, 1, 2, ~0ULL}));
    EXPECT_EQ(call->stack_pointer, Address{0x7ffd10});
    EXPECT_EQ(call->instruction_pointer, Address{0x7f00});
}

TEST(SyscallFile, ASleepOutsideOfCallsHasAPlaceOnly) {
    const auto call = parse_syscall("-1 0x7ffd10 0x7f00\n");
    ASSERT_TRUE(call);
    EXPECT_EQ(call->number, -1);
    EXPECT_EQ(call->stack_pointer, Address{0x7ffd10});
}

TEST(SyscallFile, AnythingElseIsNoCall) {
    for (const std::string_view text : {"running\n", "", "202\n", "202 0x1 0x2 0x3 0x4 0x5 0x6 0x7\n", "-1 zz 0x1\n"}) {
        EXPECT_FALSE(parse_syscall(text)) << text;
    }
}

TEST(SyscallNames, AgreeWithTheHeadersOfThisMachine) {
    EXPECT_EQ(syscall_name(SYS_read), "read");
    EXPECT_EQ(syscall_name(SYS_epoll_wait), "epoll_wait");
    EXPECT_EQ(syscall_name(SYS_epoll_pwait), "epoll_pwait");
    EXPECT_EQ(syscall_name(SYS_epoll_pwait2), "epoll_pwait2");
    EXPECT_EQ(syscall_name(SYS_clock_nanosleep), "clock_nanosleep");
    EXPECT_EQ(syscall_name(SYS_restart_syscall), "restart_syscall");
    EXPECT_EQ(syscall_name(SYS_futex_waitv), "futex_waitv");
    EXPECT_EQ(syscall_name(400), "syscall 400");
    EXPECT_EQ(syscall_name(9999), "syscall 9999");
    EXPECT_EQ(syscall_name(-7), "syscall -7");
    EXPECT_EQ(syscall_name(-1), "no system call");
}

Syscall restarted(std::uint64_t first_argument, std::string_view wait_channel) {
    Syscall call;
    call.number = SYS_restart_syscall;
    call.args[0] = first_argument;
    resolve_restart(call, wait_channel);
    return call;
}

TEST(RestartedCall, IsToldByWhereItWaits) {
    EXPECT_EQ(restarted(0x7f00, "futex_do_wait").name, "futex");
    EXPECT_EQ(restarted(1, "hrtimer_nanosleep").name, "clock_nanosleep");
    EXPECT_EQ(restarted(0x7f00, "hrtimer_nanosleep").number, SYS_nanosleep);
    EXPECT_EQ(restarted(0x7f00, "poll_schedule_timeout").name, "poll");
    EXPECT_EQ(restarted(0x7f00, "").name, "restart_syscall");
}

TEST(RestartedCall, AnyOtherCallStays) {
    Syscall call;
    call.number = SYS_read;
    call.name = "read";
    resolve_restart(call, "futex_do_wait");
    EXPECT_EQ(call.name, "read");
}

}  // namespace
}  // namespace subint_doctor::os
