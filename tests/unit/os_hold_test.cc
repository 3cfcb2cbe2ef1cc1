#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <new>
#include <string>

#include "child.h"
#include "hold.h"
#include "pinned_process.h"
#include "subint_doctor/os/clock.h"

namespace subint_doctor::os {
namespace {

constexpr std::uint64_t ms = 1'000'000;

std::uint64_t in_20_s() { return system_clock().now_ns() + 20'000 * ms; }

int tracer_of(int pid) {
    const auto status = read_status(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/status").c_str());
    return status ? status->tracer_pid : -1;
}

// Numbers that a child counts up and the test reads.
struct Counters {
    std::atomic<long> turns{0};
    std::atomic<long> signals{0};
};

class HoldTest : public testing::Test {
protected:
    static Counters& counters() { return *shared_; }

    static void SetUpTestSuite() {
        void* memory = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ASSERT_NE(memory, MAP_FAILED);
        shared_ = static_cast<Counters*>(memory);
    }
    void SetUp() override { new (shared_) Counters; }

    static void turn() {
        signal(SIGUSR1, [](int) { ++shared_->signals; });
        while (true) ++shared_->turns;
    }
    static bool turns(long more) {
        const long start = counters().turns;
        return test::eventually([&] { return counters().turns > start + more; });
    }

    static inline Counters* shared_ = nullptr;
};

// What a stop would do to it without the restart is EINTR, every time.
TEST_F(HoldTest, ASleeperInEpollWaitDoesNotNotice) {
    const test::Child child([] {
        const int set = epoll_create1(0);
        epoll_event event{};
        while (true) {
            epoll_wait(set, &event, 1, -1);
            ++shared_->turns;
        }
    });
    const std::string file = "/proc/" + std::to_string(child.pid()) + "/syscall";
    const auto sleeps = [&] {
        std::string line;
        std::getline(std::ifstream(file), line);
        return line.starts_with(std::to_string(SYS_epoll_wait) + " ");
    };
    ASSERT_TRUE(test::eventually(sleeps));
    for (int n = 0; n < 20; ++n) {
        ASSERT_TRUE(hold_thread(child.pid(), in_20_s()));
        ASSERT_TRUE(test::eventually(sleeps));
    }
    EXPECT_EQ(counters().turns, 0);
}

TEST_F(HoldTest, ARunningThreadStandsStillAndRunsOn) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    const std::uint64_t before = system_clock().now_ns();
    {
        const auto hold = hold_thread(child.pid(), in_20_s());
        ASSERT_TRUE(hold) << describe(hold.error());
        EXPECT_EQ(child.state(), 't');
        EXPECT_GE((*hold)->since_ns(), before);
        EXPECT_LE((*hold)->since_ns(), system_clock().now_ns());
        const long stopped_at = counters().turns;
        EXPECT_NE(tracer_of(child.pid()), 0);
        EXPECT_EQ(counters().turns, stopped_at);
    }
    EXPECT_EQ(tracer_of(child.pid()), 0);
    EXPECT_TRUE(turns(1'000));
}

TEST_F(HoldTest, NoSignalIsLost) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    for (long n = 1; n <= 200; ++n) {
        child.signal(SIGUSR1);
        { ASSERT_TRUE(hold_thread(child.pid(), in_20_s())); }
        ASSERT_TRUE(test::eventually([&] { return counters().signals == n; })) << n;
    }
}

TEST_F(HoldTest, AStoppedProcessStaysStopped) {
    const test::Child child(turn);
    child.signal(SIGSTOP);
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'T'; }));
    {
        const auto hold = hold_thread(child.pid(), in_20_s());
        ASSERT_TRUE(hold) << describe(hold.error());
    }
    EXPECT_TRUE(test::eventually([&] { return child.state() == 'T'; }));
    EXPECT_EQ(tracer_of(child.pid()), 0);
    child.signal(SIGCONT);
    EXPECT_TRUE(turns(1'000));
}

TEST_F(HoldTest, ADeadlineThatPassedLeavesItRunning) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    for (int n = 0; n < 50; ++n) {
        const auto hold = hold_thread(child.pid(), 0);
        EXPECT_TRUE(hold || hold.error().code == ErrorCode::timeout) << describe(hold.error());
        EXPECT_TRUE(hold || tracer_of(child.pid()) == 0);
    }
    EXPECT_TRUE(turns(1'000));
}

// The parent of a vfork sleeps until its child ends, and no tracer can stop it before.
TEST_F(HoldTest, WhatCannotBeStoppedIsGivenUp) {
    const test::Child child([] {
        if (vfork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (true) pause();
        }
    });
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'D'; }));
    const auto hold = hold_thread(child.pid(), system_clock().now_ns() + 2 * ms);
    ASSERT_FALSE(hold);
    EXPECT_EQ(hold.error().code, ErrorCode::timeout);
    EXPECT_EQ(tracer_of(child.pid()), 0);
}

TEST_F(HoldTest, TwoTracersAreOneTooMany) {
    const test::Child child(turn);
    const auto first = hold_thread(child.pid(), in_20_s());
    ASSERT_TRUE(first);
    const auto second = hold_thread(child.pid(), in_20_s());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::not_permitted);
}

TEST_F(HoldTest, AThreadThatIsGoneIsNoProcess) {
    const int ended = [] { return test::Child([] {}).pid(); }();
    const auto hold = hold_thread(ended, in_20_s());
    ASSERT_FALSE(hold);
    EXPECT_EQ(hold.error().code, ErrorCode::no_such_process);
}

}  // namespace
}  // namespace subint_doctor::os
