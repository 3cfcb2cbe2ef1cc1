#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <new>
#include <set>
#include <string>
#include <thread>

#include "child.h"
#include "hold.h"
#include "pinned_process.h"
#include "subint_doctor/os/clock.h"

namespace subint_doctor::os {
namespace {

constexpr std::uint64_t ms = 1'000'000;

std::uint64_t in_20_s() { return system_clock().now_ns() + 20'000 * ms; }

int tracer_of(int tid) {
    const auto status = read_status(AT_FDCWD, ("/proc/" + std::to_string(tid) + "/status").c_str());
    return status ? status->tracer_pid : -1;
}

std::set<int> threads_of(int pid);

// Numbers that a child or a tracer counts up and the test reads.
struct Counters {
    std::atomic<long> turns{0};
    std::atomic<long> signals{0};
    std::atomic<long> word{0};
    std::atomic<int> tracer{0};
};

Result<Held> hold(
    int pid, HoldOrder order, const HoldWork& work = [](const MemoryReader&, auto) {}) {
    const Result<PinnedProcess> patient = pin_process(pid);
    if (!patient) return patient.error();
    if (order.longest_ns == 0) order.longest_ns = 20'000 * ms;
    return hold_threads(*patient, order, work);
}

Result<Held> hold(
    int pid, const HoldWork& work = [](const MemoryReader&, auto) {}) {
    return hold(pid, {.tids = {pid}, .stop_by_ns = in_20_s()}, work);
}

// The parent of a vfork sleeps until its child ends, and no tracer can stop it before. Here the child has memory of its
// own, since ThreadSanitizer makes a vfork(2) of the C library an ordinary fork.
void wait_as_vfork_does() {
    const pid_t parent = getpid();
    if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent) pause();  // it may have ended before that
        _exit(0);
    }
}

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
        ASSERT_TRUE(hold(child.pid()));
        ASSERT_TRUE(test::eventually(sleeps));
    }
    EXPECT_EQ(counters().turns, 0);
}

TEST_F(HoldTest, ARunningThreadStandsStillAndRunsOn) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    const std::uint64_t before = system_clock().now_ns();
    const auto held = hold(child.pid(), [&](const MemoryReader&, std::span<const HeldThread> threads) {
        if (threads.empty()) return;
        counters().tracer = tracer_of(threads[0].tid);
        counters().word = child.state();
        const long stopped_at = counters().turns;
        usleep(1'000);
        counters().signals = counters().turns == stopped_at ? 1 : 0;
    });
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_EQ(counters().word, 't');
    EXPECT_EQ(counters().signals, 1);
    EXPECT_NE(counters().tracer, 0);
    EXPECT_NE(counters().tracer, getpid());
    EXPECT_TRUE(held->complete);
    const HeldThread& thread = held->threads.at(0);
    EXPECT_GE(thread.since_ns, before);
    EXPECT_GE(thread.until_ns, thread.since_ns + ms);
    EXPECT_LE(thread.until_ns, system_clock().now_ns());
    EXPECT_GE(held->longest_ns, thread.until_ns - thread.since_ns);
    EXPECT_EQ(held->sum_ns, held->longest_ns);
    EXPECT_EQ(tracer_of(child.pid()), 0);
    EXPECT_TRUE(turns(1'000));
}

TEST_F(HoldTest, WhatTheWorkReadComesBack) {
    static long word = 0;
    const test::Child child([] {
        while (true) word = ++shared_->turns;
    });
    ASSERT_TRUE(turns(1));
    const Address at{reinterpret_cast<std::uint64_t>(&word)};
    const auto held = hold(child.pid(), [&](const MemoryReader& memory, std::span<const HeldThread>) {
        counters().word = read_value<long>(memory, at).value_or(-1);
    });
    ASSERT_TRUE(held);
    EXPECT_EQ(read_value<long>(held->memory, at).value_or(-2), counters().word);
    EXPECT_FALSE(read_value<long>(held->memory, at + sizeof word)) << "it was not read then";
    EXPECT_EQ(held->threads.at(0).outcome, HoldOutcome::held);
    EXPECT_NE(held->threads.at(0).registers.instruction_pointer, Address{});
    EXPECT_NE(held->threads.at(0).registers.stack_pointer, Address{});
}

TEST_F(HoldTest, ReadsEndAtTheDeadline) {
    static const long word = 42;
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    HoldOrder order{.tids = {child.pid()}, .stop_by_ns = in_20_s(), .longest_ns = 5 * ms};
    const auto held = hold(child.pid(), order, [](const MemoryReader& memory, std::span<const HeldThread> threads) {
        if (threads.empty()) return;
        while (read_value<long>(memory, {reinterpret_cast<std::uint64_t>(&word)})) {
        }
    });
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_FALSE(held->complete);
}

TEST_F(HoldTest, ManyThreadsStandStillAtOnce) {
    constexpr int count = 20;
    const test::Child child([] {
        for (int n = 0; n < count; ++n) std::thread([] { pause(); }).detach();
    });
    ASSERT_TRUE(test::eventually([&] { return threads_of(child.pid()).size() > count; }));
    HoldOrder order{.tids = {}, .stop_by_ns = in_20_s()};
    for (const int tid : threads_of(child.pid())) order.tids.push_back(tid);
    const auto held = hold(child.pid(), order, [&](const MemoryReader&, std::span<const HeldThread> threads) {
        for (const HeldThread& thread : threads) counters().word += child.state(thread.tid) == 't' ? 1 : 0;
    });
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_EQ(static_cast<std::size_t>(counters().word), order.tids.size());
    for (const HeldThread& thread : held->threads) EXPECT_EQ(thread.outcome, HoldOutcome::held);
    for (const int tid : order.tids) EXPECT_EQ(tracer_of(tid), 0);
}

TEST_F(HoldTest, AGroupRunsOnBeforeTheNextStandsStill) {
    constexpr int count = 7;
    const test::Child child([] {
        for (int n = 0; n < count; ++n) std::thread([] { pause(); }).detach();
    });
    ASSERT_TRUE(test::eventually([&] { return threads_of(child.pid()).size() > count; }));
    HoldOrder order{.tids = {}, .at_once = 3, .stop_by_ns = in_20_s()};
    for (const int tid : threads_of(child.pid())) order.tids.push_back(tid);
    order.tids.resize(count + 1);  // ThreadSanitizer may have a thread of its own
    const auto held = hold(child.pid(), order, [&](const MemoryReader& memory, std::span<const HeldThread> threads) {
        if (threads.empty()) return;
        ++counters().turns;
        for (const int tid : order.tids) counters().word += child.state(tid) == 't' ? 1 : 0;
        for (const HeldThread& thread : threads) (void)read_value<long>(memory, thread.registers.stack_pointer);
    });
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_EQ(counters().turns, 3) << "groups of 3, 3 and 2";
    EXPECT_EQ(counters().word, count + 1) << "none but the group's own stood still";
    for (const HeldThread& thread : held->threads) {
        EXPECT_EQ(thread.outcome, HoldOutcome::held);
        EXPECT_LE(thread.until_ns - thread.since_ns, held->longest_ns);
        EXPECT_TRUE(read_value<long>(held->memory, thread.registers.stack_pointer)) << "all groups are recorded";
        EXPECT_EQ(tracer_of(thread.tid), 0);
    }
    EXPECT_GT(held->sum_ns, held->longest_ns);
}

TEST_F(HoldTest, NoGroupBeginsOnceTheStopsTookTheirTime) {
    const test::Child first(turn);
    ASSERT_TRUE(turns(1));
    const std::vector<int> tids = {first.pid(), first.pid()};
    const auto held = hold(first.pid(), {.tids = tids, .at_once = 1, .stop_by_ns = in_20_s(), .most_sum_ns = 1});
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_EQ(held->threads.at(0).outcome, HoldOutcome::held);
    EXPECT_EQ(held->threads.at(1).outcome, HoldOutcome::did_not_stop) << "it was never asked to";
}

// One that cannot stop costs its group's patience, not the others' chance.
TEST_F(HoldTest, WhatDoesNotStopDoesNotKeepTheNextGroup) {
    const test::Child child([] {
        std::thread([] {
            counters().word = gettid();
            pause();
        }).detach();
        while (counters().word == 0) usleep(100);
        wait_as_vfork_does();
    });
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'D'; }));
    const int sleeper = static_cast<int>(counters().word.load());
    const auto held = hold(
        child.pid(), {.tids = {child.pid(), sleeper}, .at_once = 1, .stop_by_ns = in_20_s(), .longest_ns = 20 * ms});
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_EQ(held->threads.at(0).outcome, HoldOutcome::did_not_stop);
    EXPECT_EQ(held->threads.at(1).outcome, HoldOutcome::held);
}

TEST_F(HoldTest, OneThatIsGoneDoesNotKeepTheOthers) {
    const int ended = [] { return test::Child([] {}).pid(); }();
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    const auto held = hold(child.pid(), {.tids = {ended, child.pid()}, .stop_by_ns = in_20_s()});
    ASSERT_TRUE(held);
    EXPECT_EQ(held->threads.at(0).outcome, HoldOutcome::refused);
    EXPECT_EQ(held->threads.at(0).errno_value, ESRCH);
    EXPECT_EQ(held->threads.at(1).outcome, HoldOutcome::held);
}

// A number that came into other hands since it was chosen.
TEST_F(HoldTest, AThreadOfAnotherProcessIsLetGo) {
    const test::Child chosen([] {});
    const test::Child other(turn);
    ASSERT_TRUE(turns(1));
    const auto held = hold(chosen.pid(), {.tids = {other.pid()}, .stop_by_ns = in_20_s()});
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().code, ErrorCode::no_such_process);
    EXPECT_EQ(tracer_of(other.pid()), 0);
    EXPECT_TRUE(turns(1'000));
}

TEST_F(HoldTest, NoSignalIsLost) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    for (long n = 1; n <= 200; ++n) {
        child.signal(SIGUSR1);
        ASSERT_TRUE(hold(child.pid()));
        ASSERT_TRUE(test::eventually([&] { return counters().signals == n; })) << n;
    }
}

TEST_F(HoldTest, AStoppedProcessStaysStopped) {
    const test::Child child(turn);
    child.signal(SIGSTOP);
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'T'; }));
    const auto held = hold(child.pid());
    ASSERT_TRUE(held) << describe(held.error());
    EXPECT_TRUE(test::eventually([&] { return child.state() == 'T'; }));
    EXPECT_EQ(tracer_of(child.pid()), 0);
    child.signal(SIGCONT);
    EXPECT_TRUE(turns(1'000));
}

TEST_F(HoldTest, ADeadlineThatPassedLeavesItRunning) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    for (int n = 0; n < 50; ++n) {
        const auto held = hold(child.pid(), {.tids = {child.pid()}, .stop_by_ns = 0});
        EXPECT_TRUE(held || held.error().code == ErrorCode::timeout) << describe(held.error());
        EXPECT_EQ(tracer_of(child.pid()), 0);
    }
    EXPECT_TRUE(turns(1'000));
}

TEST_F(HoldTest, WhatCannotBeStoppedIsGivenUp) {
    const test::Child child(wait_as_vfork_does);
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'D'; }));
    const auto held = hold(child.pid(), {.tids = {child.pid()}, .stop_by_ns = system_clock().now_ns() + 2 * ms});
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().code, ErrorCode::timeout);
    EXPECT_EQ(tracer_of(child.pid()), 0);
}

// A tracer that is stopped itself ends soon after its deadline: the kernel's timer runs on. So it does where the tracer
// is frozen by cgroup v2, which lets SIGKILL through as a stop does.
TEST_F(HoldTest, AStoppedTracerIsEndedAndTheThreadRunsOn) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    HoldOrder order{.tids = {child.pid()}, .stop_by_ns = in_20_s(), .longest_ns = 5 * ms};
    const auto held = hold(child.pid(), order, [](const MemoryReader&, std::span<const HeldThread> threads) {
        if (!threads.empty()) kill(getpid(), SIGSTOP);
    });
    EXPECT_FALSE(held);
    EXPECT_EQ(tracer_of(child.pid()), 0);
    EXPECT_TRUE(turns(1'000));
}

// The tool is a process that holds for ever and is killed meanwhile.
TEST_F(HoldTest, TheEndOfTheToolIsTheEndOfTheHold) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    for (const int end : {SIGKILL, SIGTERM}) {
        counters().tracer = 0;
        const test::Child tool([&] {
            (void)hold(child.pid(), [](const MemoryReader&, std::span<const HeldThread> threads) {
                if (threads.empty()) return;
                counters().tracer = getpid();
                while (true) pause();
            });
        });
        ASSERT_TRUE(test::eventually([] { return counters().tracer != 0; }));
        EXPECT_EQ(tracer_of(child.pid()), counters().tracer);
        tool.signal(end);
        EXPECT_TRUE(test::eventually([&] { return tracer_of(child.pid()) == 0; }));
        EXPECT_TRUE(turns(1'000));
    }
}

// Ctrl-Z goes to the whole foreground group, SIGSTOP to the tool alone: neither reaches the tracer.
TEST_F(HoldTest, AStopOfTheToolDoesNotStopTheTracer) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    const test::Child tool([&] {
        setpgid(0, 0);
        (void)hold(child.pid(), [&](const MemoryReader&, std::span<const HeldThread> threads) {
            if (threads.empty()) return;
            counters().tracer = getpid();
            while (counters().word == 0) usleep(100);
        });
    });
    ASSERT_TRUE(test::eventually([] { return counters().tracer != 0; }));
    kill(-tool.pid(), SIGSTOP);
    ASSERT_TRUE(test::eventually([&] { return tool.state() == 'T'; }));
    counters().word = 1;
    EXPECT_TRUE(test::eventually([&] { return tracer_of(child.pid()) == 0; }));
    EXPECT_TRUE(turns(1'000));
}

// RLIMIT_AS lets no memory be shared; the same holds where no process may be started.
TEST_F(HoldTest, WithoutMemoryItIsAnError) {
    const test::Child child(turn);
    ASSERT_TRUE(turns(1));
    const test::Child tool([&] {
        const rlimit little{64U << 20, 64U << 20};
        setrlimit(RLIMIT_AS, &little);
        const auto held = hold(child.pid(), {.tids = {child.pid()}, .stop_by_ns = in_20_s(), .most_bytes = 64U << 20});
        counters().word = held ? 1 : 2 + static_cast<long>(held.error().code == ErrorCode::not_available);
    });
    EXPECT_TRUE(test::eventually([] { return counters().word != 0; }));
    EXPECT_EQ(counters().word, 3);
    EXPECT_TRUE(turns(1'000));
}

TEST_F(HoldTest, TwoTracersAreOneTooMany) {
    const test::Child child(turn);
    const auto first = hold(child.pid(), [&](const MemoryReader&, std::span<const HeldThread> threads) {
        if (threads.empty()) return;
        const auto second = hold(child.pid());
        counters().word = second ? 1 : -static_cast<long>(second.error().code == ErrorCode::not_permitted);
    });
    ASSERT_TRUE(first);
    EXPECT_EQ(counters().word, -1);
}

TEST_F(HoldTest, AThreadThatIsGoneIsNoProcess) {
    const test::Child child([] {});
    const int ended = [] { return test::Child([] {}).pid(); }();
    const auto held = hold(child.pid(), {.tids = {ended}, .stop_by_ns = in_20_s()});
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().code, ErrorCode::no_such_process);
}

std::set<int> threads_of(int pid) {
    std::set<int> tids;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
        tids.insert(std::stoi(task.path().filename()));
    }
    return tids;
}

}  // namespace
}  // namespace subint_doctor::os
