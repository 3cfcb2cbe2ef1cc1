#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <functional>
#include <span>

#include "fake_clock.h"
#include "fake_target.h"
#include "subint_doctor/model/wait_text.h"
#include "wait_details.h"
#include "waits.h"

namespace subint_doctor::capture {
namespace {

constexpr std::uint64_t at = 0x5000;

// A thread asleep in one system call.
class WaitDetailsTest : public testing::Test {
protected:
    WaitDetailsTest() { look_.python.emplace(); }

    const Wait& sleep_in(const std::string& name, std::array<std::uint64_t, 6> args) {
        Thread thread;
        thread.tid = 7;
        thread.state = 'S';
        thread.syscall = Syscall{1, name, args, {}, {}};
        look_.threads = {std::move(thread)};
        return look_up();
    }

    const Wait& look_up() {
        classify_waits(look_);
        details_.look_up(patient_, clock_, look_);
        look_.ended_ns = clock_.now_ns();
        details_.add_to(look_);
        return look_.threads.front().wait;
    }

    std::string words() const { return describe_wait(look_.threads.front()); }

    void open(int fd, DescriptorKind kind, std::uint64_t inode, std::string link) {
        Descriptor descriptor;
        descriptor.fd = fd;
        descriptor.kind = kind;
        descriptor.inode = inode;
        descriptor.link = std::move(link);
        look_.descriptors.push_back(std::move(descriptor));
    }

    test::FakeTarget patient_;
    test::FakeClock clock_;
    Snapshot look_;
    WaitDetails details_;
};

TEST_F(WaitDetailsTest, APathIsReadFromTheArgument) {
    patient_.fake_memory.put({at}, std::as_bytes(std::span("/srv/queue")));
    sleep_in("openat", {0xffffff9c, at});
    EXPECT_EQ(words(), "openat of /srv/queue");
    sleep_in("openat", {0xffffff9c, 0x9999000});
    EXPECT_EQ(words(), "openat") << "it could not be read";
}

TEST_F(WaitDetailsTest, PollTellsItsDescriptors) {
    open(4, DescriptorKind::other_socket, 12, "socket:[12]");
    patient_.addresses[12] = {"tcp", "10.0.0.2:41200", "10.0.0.5:5432", "established"};
    patient_.fake_memory.put_value({at}, std::array<std::int32_t, 2>{4, 1});
    const Wait& wait = sleep_in("poll", {at, 1, 30'000});
    EXPECT_EQ(wait.fd(), 4);
    EXPECT_EQ(wait.limit->ms, 30'000U) << "it stays";
    EXPECT_EQ(words(), "poll on fd 4 (tcp 10.0.0.2:41200 to 10.0.0.5:5432)");
}

TEST_F(WaitDetailsTest, PollPassesOverNegativeNumbersAndNamesTheFirstOfMany) {
    std::array<std::array<std::int32_t, 2>, 40> entries{};
    for (int i = 0; i < 40; ++i) entries[static_cast<std::size_t>(i)] = {i - 10, 1};
    patient_.fake_memory.put_value({at}, entries);
    const Wait& wait = sleep_in("ppoll", {at, 40});
    EXPECT_EQ(wait.resource_count, 30U);
    ASSERT_EQ(wait.resources.size(), 16U);
    EXPECT_EQ(wait.resources.front().id, 0U);
}

TEST_F(WaitDetailsTest, SelectTellsTheUnionOfItsSets) {
    patient_.fake_memory.put_value({at}, std::array<std::uint64_t, 2>{1U << 5U, 1});
    patient_.fake_memory.put_value({at + 0x100}, std::array<std::uint64_t, 2>{(1U << 5U) | (1U << 9U), 0});
    sleep_in("pselect6", {65, at, at + 0x100, 0});
    EXPECT_EQ(words(), "pselect6 on 3 fds: 5, 9, 64");
    sleep_in("select", {6, at});
    EXPECT_EQ(words(), "select on fd 5") << "bits from nfds on mean nothing";
}

TEST_F(WaitDetailsTest, AChildIsAskedByItsOwnNumber) {
    patient_.child_processes[12] = {4300, "make", 'S'};
    sleep_in("wait4", {12});
    EXPECT_EQ(words(), "wait4 for process 4300 (make: sleeping)");
    sleep_in("waitid", {P_PID, 12});
    EXPECT_EQ(words(), "waitid for process 4300 (make: sleeping)");
    sleep_in("wait4", {0xffffffffffffffff});
    EXPECT_EQ(words(), "wait4 for any child");
    sleep_in("waitid", {P_ALL});
    EXPECT_EQ(words(), "waitid for any child");
    sleep_in("wait4", {13});
    EXPECT_EQ(words(), "wait4") << "it has no such child";
}

TEST_F(WaitDetailsTest, AWaitForAPidfdIsOneForADescriptor) {
    open(8, DescriptorKind::pidfd, 0, "anon_inode:[pidfd]");
    sleep_in("waitid", {P_PIDFD, 8});
    EXPECT_EQ(words(), "waitid on fd 8 (anon_inode:[pidfd])");
}

// Wherever it woke in between, what was read may be of another call.
TEST_F(WaitDetailsTest, OnlyOfAThreadThatSleptOn) {
    patient_.fake_memory.put({at}, std::as_bytes(std::span("/srv/queue")));
    sleep_in("openat", {0xffffff9c, at});
    const Thread asleep = look_.threads.front();
    const auto told_after = [&](const std::function<void(Thread&)>& change) {
        Thread& now = look_.threads.front() = asleep;
        now.wait = {};
        change(now);
        details_.add_to(look_);
        return !look_.threads.front().wait.resources.empty();
    };
    EXPECT_TRUE(told_after([](Thread&) {}));
    EXPECT_FALSE(told_after([](Thread& now) { ++now.slices; }));
    EXPECT_FALSE(told_after([](Thread& now) { ++now.voluntary_switches; }));
    EXPECT_FALSE(told_after([](Thread& now) { now.run_ns += 10; }));
    EXPECT_FALSE(told_after([](Thread& now) { now.syscall->args[1] += 8; }));
    EXPECT_FALSE(told_after([](Thread& now) { now.syscall->number += 1; }));
    EXPECT_FALSE(told_after([](Thread& now) { now.syscall.reset(); }));
    EXPECT_FALSE(told_after([](Thread& now) { now.wait.kind = WaitKind::stopped; }));
    EXPECT_FALSE(told_after([](Thread& now) { now.tid = 8; }));
}

TEST_F(WaitDetailsTest, OfAVeryLongPollTheCountIsWhole) {
    patient_.fake_memory.put_value({at}, std::array<std::array<std::int32_t, 2>, 1'024>{});
    EXPECT_EQ(sleep_in("poll", {at, 5'000}).resource_count, 5'000U);
}

TEST_F(WaitDetailsTest, TheTimeThatIsLeft) {
    const std::uint64_t until = clock_.now_ns() / 1'000'000'000 + 61;
    patient_.fake_memory.put_value({at}, std::array<std::int64_t, 2>{static_cast<std::int64_t>(until), 0});
    const Wait& wait = sleep_in("clock_nanosleep", {1, 1, at});
    ASSERT_TRUE(wait.limit->left_ms);
    EXPECT_GT(*wait.limit->left_ms, 60'000U);
    EXPECT_LE(*wait.limit->left_ms, 61'000U);
    look_.ended_ns += 10'000'000'000;
    look_.threads.front().wait.limit->left_ms.reset();
    details_.add_to(look_);
    EXPECT_LE(*look_.threads.front().wait.limit->left_ms, 51'000U) << "time goes on between the looks";
    look_.process.other_time_namespace = true;
    EXPECT_FALSE(look_up().limit->left_ms);
}

TEST_F(WaitDetailsTest, AThreadThatRunsIsNotAsked) {
    patient_.fake_memory.put({at}, std::as_bytes(std::span("/srv/queue")));
    sleep_in("openat", {0, at});
    look_.threads.front().on_cpu = true;
    look_.threads.front().state = 'R';
    EXPECT_TRUE(look_up().resources.empty());
}

}  // namespace
}  // namespace subint_doctor::capture
