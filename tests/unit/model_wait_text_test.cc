#include <gtest/gtest.h>

#include "subint_doctor/model/wait_text.h"

namespace subint_doctor {
namespace {

Thread waiting(const std::string& syscall, Wait wait) {
    Thread thread;
    thread.state = 'S';
    thread.syscall = Syscall{1, syscall, {}, {}, {}};
    thread.wait = std::move(wait);
    return thread;
}

std::string words(const std::string& syscall, WaitKind kind, Resource resource) {
    return describe_wait(waiting(syscall, wait_on(kind, std::move(resource))));
}

TEST(DescribeWait, NamesWhatPythonWaitsFor) {
    Thread thread = waiting("futex", wait_on(WaitKind::gil, resource_of(ResourceKind::gil, 2)));
    EXPECT_EQ(describe_wait(thread), "GIL 2");
    thread.wait.owner_tid = 77;
    EXPECT_EQ(describe_wait(thread), "GIL 2, held by 77");
    EXPECT_EQ(words("futex", WaitKind::lock, resource_of(ResourceKind::lock, 0)), "a Python lock");
    EXPECT_EQ(words("futex", WaitKind::futex, resource_of(ResourceKind::futex, 0x1000)), "a native lock or semaphore");
}

TEST(DescribeWait, AJoinNamesTheThreadAsFarAsItIsKnown) {
    EXPECT_EQ(words("futex", WaitKind::join, resource_of(ResourceKind::thread, 0)), "the end of a thread");
    EXPECT_EQ(words("futex", WaitKind::join, resource_of(ResourceKind::thread, 9)), "the end of thread 9");
    EXPECT_EQ(words("futex", WaitKind::join, resource_of(ResourceKind::thread, 9, "worker")),
              "the end of worker (tid 9)");
}

TEST(DescribeWait, ADescriptorIsToldByItsAddressesOrItsLink) {
    Resource descriptor = resource_of(ResourceKind::descriptor, 4, "socket:[12]");
    EXPECT_EQ(words("read", WaitKind::read, descriptor), "read on fd 4 (socket:[12])");
    descriptor.addresses = SocketAddresses{"tcp", "10.0.0.2:41200", "10.0.0.5:5432", "established"};
    EXPECT_EQ(words("poll", WaitKind::event_loop, descriptor), "poll on fd 4 (tcp 10.0.0.2:41200 to 10.0.0.5:5432)");
    descriptor.addresses->remote.clear();
    EXPECT_EQ(words("accept4", WaitKind::accept, descriptor), "accept4 on fd 4 (tcp 10.0.0.2:41200)");
    EXPECT_EQ(words("read", WaitKind::read, resource_of(ResourceKind::descriptor, 4)), "read on fd 4");
    EXPECT_EQ(words("flock", WaitKind::lock, resource_of(ResourceKind::descriptor, 3, "/tmp/lock")),
              "flock on fd 3 (/tmp/lock)");
}

TEST(DescribeWait, OfManyDescriptorsTheNumbers) {
    Wait wait = wait_on(WaitKind::event_loop, resource_of(ResourceKind::descriptor, 3, "socket:[1]"));
    wait.resources.push_back(resource_of(ResourceKind::descriptor, 8, "socket:[2]"));
    wait.resource_count = 2;
    EXPECT_EQ(describe_wait(waiting("poll", wait)), "poll on 2 fds: 3, 8");
    EXPECT_FALSE(wait.fd()) << "which of them is not known";
    wait.resource_count = 40;
    EXPECT_EQ(describe_wait(waiting("poll", wait)), "poll on 40 fds: 3, 8, ...");
}

TEST(DescribeWait, AChildHasANameAndAState) {
    Resource child = resource_of(ResourceKind::process, 4300, "make");
    child.state = 'S';
    EXPECT_EQ(words("wait4", WaitKind::child, child), "wait4 for process 4300 (make: sleeping)");
    child.state = 'T';
    EXPECT_EQ(words("waitid", WaitKind::child, child), "waitid for process 4300 (make: stopped)");
    EXPECT_EQ(words("wait4", WaitKind::child, resource_of(ResourceKind::process, 0)), "wait4 for any child");
}

TEST(DescribeWait, AFileIsNamedByItsPath) {
    EXPECT_EQ(words("openat", WaitKind::other, resource_of(ResourceKind::file, 0, "/srv/queue")),
              "openat of /srv/queue");
}

TEST(DescribeWait, WhatIsNotKnownIsNotInvented) {
    EXPECT_EQ(describe_wait(waiting("io_uring_enter", {})), "io_uring_enter");
    Thread thread;
    EXPECT_EQ(describe_wait(thread), "");
    thread.wait_channel = "pipe_read";
    EXPECT_EQ(describe_wait(thread), "pipe_read");
}

TEST(DescribeLimit, ASpanOrTheTimeThatIsLeft) {
    EXPECT_EQ(describe_time_limit(std::nullopt), "");
    EXPECT_EQ(describe_time_left(std::nullopt), "");
    TimeLimit limit;
    EXPECT_EQ(describe_time_limit(limit), "no time limit");
    EXPECT_EQ(describe_time_left(limit), "");
    limit.limited = true;
    EXPECT_EQ(describe_time_limit(limit), "a time limit");
    EXPECT_EQ(describe_time_left(limit), "");
    limit.ms = 1'500;
    EXPECT_EQ(describe_time_limit(limit), "a time limit of 1500 ms");
    EXPECT_EQ(describe_time_left(limit), "at most 1 s");
    limit.left_ms = 86'399'000;
    EXPECT_EQ(describe_time_left(limit), "23 h left");
    EXPECT_EQ(describe_time_limit(TimeLimit{true, {}, 5}), "a time limit") << "it must not change from look to look";
    EXPECT_EQ(describe_time_left(TimeLimit{true, {}, 999}), "999 ms left");
    EXPECT_EQ(describe_time_left(TimeLimit{true, {}, 119'999}), "119 s left");
    EXPECT_EQ(describe_time_left(TimeLimit{true, {}, 120'000}), "2 min left");
}

}  // namespace
}  // namespace subint_doctor
