#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "child.h"
#include "proc_file.h"
#include "threads.h"

namespace subint_doctor::os {
namespace {

std::vector<int> tids_of(int pid) {
    return list_numbers(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/task").c_str(), 1000).value_or({}).numbers;
}

// Sleeps in read(2) on `fd`, under a name that tries to be more than a name.
void sleep_in_read(int fd) {
    prctl(PR_SET_NAME, "a) R 1\n\\\xff");
    char byte = 0;
    while (read(fd, &byte, 1) == 1) {
    }
}

void spin() {
    while (true) __asm__ volatile("");
}

struct Look {
    std::vector<Thread> threads;
    std::vector<Unread> unread;
};

class Threads : public testing::TestWithParam<CounterSource> {
protected:
    Threads() { EXPECT_EQ(pipe(pipe_.data()), 0); }
    ~Threads() override {
        close(pipe_[0]);
        close(pipe_[1]);
    }

    void start(const std::function<void()>& body, std::size_t threads) {
        child_ = std::make_unique<test::Child>(body);
        ASSERT_TRUE(test::eventually([&] { return tids_of(child_->pid()).size() == threads; }));
        auto found = pin_process(child_->pid());
        ASSERT_TRUE(found) << describe(found.error());
        patient_ = std::make_unique<PinnedProcess>(std::move(*found));
    }

    Look look(std::span<const Thread> previous = {}) const {
        Look taken;
        const auto reading = begin_threads(*patient_, GetParam(), previous);
        EXPECT_TRUE(reading);
        if (reading) taken.threads = (*reading)->finish(taken.unread);
        return taken;
    }

    // A look at a child that sleeps with all its threads.
    Look look_asleep(std::span<const Thread> previous = {}) const {
        Look taken;
        EXPECT_TRUE(test::eventually([&] {
            taken = look(previous);
            return std::ranges::none_of(taken.threads, &Thread::ran_while_read);
        }));
        return taken;
    }

    std::array<int, 2> pipe_{};
    std::unique_ptr<test::Child> child_;
    std::unique_ptr<PinnedProcess> patient_;
};

TEST_P(Threads, ASleeperTellsWhereItSleeps) {
    start([&] { std::thread(sleep_in_read, pipe_[0]).detach(); }, 2);
    Look taken;
    ASSERT_TRUE(test::eventually([&] {
        taken = look_asleep();
        return taken.threads.size() == 2 && taken.threads[1].syscall && taken.threads[1].syscall->number == SYS_read;
    }));
    EXPECT_TRUE(taken.unread.empty());
    const Thread& leader = taken.threads[0];
    EXPECT_EQ(leader.tid, child_->pid());
    EXPECT_TRUE(leader.is_process_leader);
    EXPECT_EQ(leader.syscall->name, "pause");
    const Thread& reader = taken.threads[1];
    EXPECT_FALSE(reader.is_process_leader);
    EXPECT_EQ(reader.namespace_tid, reader.tid);
    EXPECT_EQ(reader.name, "a) R 1\n\\\xff");
    EXPECT_EQ(reader.state, 'S');
    EXPECT_FALSE(reader.on_cpu);
    EXPECT_EQ(reader.syscall->args[0], static_cast<std::uint64_t>(pipe_[0]));
    EXPECT_TRUE(reader.wait_channel);
    EXPECT_GT(reader.slices, 0U);
    EXPECT_EQ(reader.tracer_pid, 0);
}

TEST_P(Threads, SignalsBlockedAndPendingInOneThread) {
    start(
        [] {
            sigset_t one;
            sigemptyset(&one);
            sigaddset(&one, SIGUSR1);
            pthread_sigmask(SIG_BLOCK, &one, nullptr);
            pthread_kill(pthread_self(), SIGUSR1);
        },
        1);
    ASSERT_TRUE(test::eventually([&] { return look().threads.at(0).pending.has(SIGUSR1); }));
    EXPECT_TRUE(look().threads.at(0).blocked.has(SIGUSR1));
    EXPECT_FALSE(look().threads.at(0).blocked.has(SIGUSR2));
}

TEST_P(Threads, ASpinnerRan) {
    start(spin, 1);
    const Look taken = look();
    ASSERT_EQ(taken.threads.size(), 1U);
    EXPECT_TRUE(taken.threads[0].ran_while_read);
    EXPECT_EQ(taken.threads[0].state, 'R');
    EXPECT_TRUE(taken.threads[0].on_cpu);
    EXPECT_FALSE(taken.threads[0].syscall);
    EXPECT_FALSE(taken.threads[0].wait_channel);
}

TEST_P(Threads, WhoeverWokeInBetweenRan) {
    start([&] { sleep_in_read(pipe_[0]); }, 1);
    const Look before = look_asleep();
    const auto reading = begin_threads(*patient_, GetParam(), {});
    ASSERT_TRUE(reading);
    ASSERT_EQ(write(pipe_[1], "x", 1), 1);
    ASSERT_TRUE(test::eventually([&] { return look_asleep().threads.at(0).slices > before.threads.at(0).slices; }));
    std::vector<Unread> unread;
    EXPECT_TRUE((*reading)->finish(unread).at(0).ran_while_read);
}

TEST_P(Threads, WhoSleptKeepsTheFactsOfTheLastLook) {
    start([&] { sleep_in_read(pipe_[0]); }, 1);
    Look before = look_asleep();
    before.threads.at(0).name = "remembered";
    before.threads.at(0).python_name = "not the kernel's";
    const Look after = look_asleep(before.threads);
    EXPECT_EQ(after.threads.at(0).name, "remembered");
    EXPECT_EQ(after.threads.at(0).syscall->number, SYS_read);
    EXPECT_FALSE(after.threads.at(0).python_name);
}

TEST_P(Threads, WhoRanSinceTheLastLookIsReadAgain) {
    start([&] { sleep_in_read(pipe_[0]); }, 1);
    Look before = look_asleep();
    before.threads.at(0).name = "remembered";
    ASSERT_EQ(write(pipe_[1], "x", 1), 1);
    ASSERT_TRUE(test::eventually([&] { return look_asleep().threads.at(0).slices > before.threads.at(0).slices; }));
    EXPECT_NE(look_asleep(before.threads).threads.at(0).name, "remembered");
}

TEST_P(Threads, TornFactsAreNotTakenOver) {
    start([&] { sleep_in_read(pipe_[0]); }, 1);
    Look before = look_asleep();
    before.threads.at(0).name = "remembered";
    before.threads.at(0).ran_while_read = true;
    EXPECT_NE(look_asleep(before.threads).threads.at(0).name, "remembered");
}

TEST_P(Threads, AThreadThatEndedIsLeftOut) {
    start(
        [&] {
            std::thread([&] { sleep_in_read(pipe_[0]); }).detach();
            close(pipe_[1]);
        },
        2);
    const auto reading = begin_threads(*patient_, GetParam(), {});
    ASSERT_TRUE(reading);
    close(pipe_[1]);
    pipe_[1] = -1;
    ASSERT_TRUE(test::eventually([&] { return tids_of(child_->pid()).size() == 1; }));
    std::vector<Unread> unread;
    const std::vector<Thread> threads = (*reading)->finish(unread);
    ASSERT_EQ(threads.size(), 1U);
    EXPECT_TRUE(threads[0].is_process_leader);
}

// So many that a second CPU, if there is one, takes its share.
TEST_P(Threads, ManyAreAllReadAndInOrder) {
    constexpr std::size_t many = 300;
    start(
        [&] {
            for (std::size_t i = 1; i < many; ++i) std::thread(sleep_in_read, pipe_[0]).detach();
        },
        many);
    const Look taken = look_asleep();
    ASSERT_EQ(taken.threads.size(), many);
    EXPECT_TRUE(taken.threads[0].is_process_leader);
    // Numbers begin anew once all have been given out: the leader's may be the highest.
    EXPECT_TRUE(std::ranges::is_sorted(
        taken.threads, {}, [](const Thread& thread) { return std::pair(!thread.is_process_leader, thread.tid); }));
    EXPECT_TRUE(std::ranges::all_of(taken.threads, [](const Thread& t) { return t.state == 'S' && t.syscall; }));
    EXPECT_TRUE(taken.unread.empty());
}

TEST_P(Threads, AReadingMayBeLeftUnfinished) {
    start([&] { sleep_in_read(pipe_[0]); }, 1);
    EXPECT_TRUE(begin_threads(*patient_, GetParam(), {}));
}

TEST_P(Threads, AProcessThatEndedHasNone) {
    start([] {}, 1);
    child_.reset();
    const auto reading = begin_threads(*patient_, GetParam(), {});
    ASSERT_FALSE(reading);
    EXPECT_EQ(reading.error().code, ErrorCode::no_such_process);
}

INSTANTIATE_TEST_SUITE_P(BothSources, Threads, testing::Values(CounterSource::schedstat, CounterSource::status),
                         [](const auto& param) {
                             return param.param == CounterSource::schedstat ? "Schedstat" : "Status";
                         });

}  // namespace
}  // namespace subint_doctor::os
