// The whole story on a fake process: from its mappings to what moved.
#include "subint_doctor/capture/capture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "fake_clock.h"
#include "fake_target.h"
#include "published_words.h"
#include "sample_image.h"
#include "small_elf.h"

namespace subint_doctor::capture {
namespace {

constexpr int main_tid = 4242;
constexpr int worker_tid = 4243;

Thread sleeper(int tid) {
    Thread thread;
    thread.tid = thread.namespace_tid = tid;
    thread.state = 'S';
    return thread;
}

// Sleeps until the next look, and lets something happen to the patient meanwhile.
class EventfulClock final : public os::Clock {
public:
    std::uint64_t now_ns() const override { return clock_.now_ns(); }
    std::int64_t unix_ms() const override { return clock_.unix_ms(); }
    void sleep_until_ns(std::uint64_t when_ns) const override {
        clock_.sleep_until_ns(when_ns + late_ns);
        if (meanwhile) meanwhile();
    }
    std::function<void()> meanwhile;
    std::uint64_t late_ns = 0;

private:
    test::FakeClock clock_;
};

class Capture : public testing::Test {
protected:
    Capture() {
        constexpr std::uint64_t moved_by = 0x1000;
        constexpr std::uint64_t inode = 7;
        patient_.fake_memory = test::make_sample_image(test::recorded_layout(test::sample_runtime, minor_)).memory;
        test::publish(patient_.fake_memory, test::sample_runtime, minor_);
        patient_.process_facts.pid = main_tid;
        patient_.threads_of_looks = {{sleeper(main_tid)}};
        const test::SmallElf library(test::sample_runtime.value - moved_by, 300'000);
        patient_.file_of_inode[inode] = library.bytes();
        Mapping mapping;
        mapping.start = {moved_by};
        mapping.inode = inode;
        mapping.readable = true;
        mapping.path = "/usr/lib/libpython3.14.so.1.0";
        patient_.fake_mappings = {mapping};
    }

    Result<Inspection> inspect() { return capture(patient_, options_, clock_); }
    static std::vector<int> tids(const Snapshot& look) {
        std::vector<int> found;
        for (const Thread& thread : look.threads) found.push_back(thread.tid);
        return found;
    }
    static bool has_gap(const Inspection& inspection, const std::string& reason) {
        return std::ranges::any_of(inspection.gaps, [&](const Gap& gap) {
            return gap.needed && gap.path == "motion" && gap.reason.find(reason) != std::string::npos;
        });
    }

    static constexpr unsigned minor_ = 0x030e;
    test::FakeTarget patient_;
    EventfulClock clock_;
    Options options_;
};

TEST_F(Capture, FindsPythonInAFileThatTheLoaderMoved) {
    const auto inspection = inspect();
    ASSERT_TRUE(inspection) << describe(inspection.error());
    ASSERT_EQ(inspection->looks.size(), 2U);
    EXPECT_EQ(inspection->last().python->version, "3.14.8");
    EXPECT_EQ(inspection->last().python->interpreters.size(), 3U);
    EXPECT_GE(inspection->last().started_ns - inspection->looks[0].ended_ns,
              static_cast<std::uint64_t>(options_.interval_ms) * 1'000'000);
    EXPECT_TRUE(patient_.held.empty());
}

TEST_F(Capture, AProcessWithoutThatFileIsNoPython) {
    patient_.fake_mappings.front().inode = 8;
    patient_.fake_mappings.front().path = "/usr/bin/sleep";
    const auto inspection = inspect();
    ASSERT_FALSE(inspection);
    EXPECT_EQ(inspection.error().code, ErrorCode::not_python);
}

TEST_F(Capture, ALibpythonThatCannotBeOpenedIsThatError) {
    patient_.file_of_inode.clear();
    const auto inspection = inspect();
    ASSERT_FALSE(inspection);
    EXPECT_EQ(inspection.error().code, ErrorCode::unreadable);
}

TEST_F(Capture, AnOlderPythonIsSaidToBeOne) {
    patient_.fake_memory.put_value(test::sample_runtime, std::uint64_t{0});
    const auto inspection = inspect();
    ASSERT_FALSE(inspection);
    EXPECT_EQ(inspection.error().code, ErrorCode::unsupported_python);
}

TEST_F(Capture, AThreadThatStartedBetweenTheLooksMoved) {
    patient_.threads_of_looks = {{sleeper(main_tid)}, {sleeper(main_tid), sleeper(worker_tid)}};
    const auto inspection = inspect();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(tids(inspection->looks[0]), std::vector{main_tid});
    EXPECT_EQ(tids(inspection->looks[1]), (std::vector{main_tid, worker_tid}));
    EXPECT_EQ(inspection->moved_tids, std::vector{worker_tid});
}

TEST_F(Capture, AThreadThatEndedBetweenTheLooksIsOnlyInTheFirst) {
    patient_.threads_of_looks = {{sleeper(main_tid), sleeper(worker_tid)}, {sleeper(main_tid)}};
    const auto inspection = inspect();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(tids(inspection->last()), std::vector{main_tid});
    EXPECT_TRUE(inspection->moved_tids.empty());
}

TEST_F(Capture, AThreadThatEndsWhileALookReadsIsNotInIt) {
    patient_.threads_of_looks = {{sleeper(main_tid), sleeper(worker_tid)}};
    clock_.meanwhile = [&] { patient_.vanishing = {worker_tid}; };
    const auto inspection = inspect();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(tids(inspection->looks[0]), (std::vector{main_tid, worker_tid}));
    EXPECT_EQ(tids(inspection->last()), std::vector{main_tid});
}

TEST_F(Capture, AProcessThatEndsBetweenTheLooksKeepsTheFirst) {
    clock_.meanwhile = [&] { patient_.gone = Error{ErrorCode::no_such_process, "gone"}; };
    const auto inspection = inspect();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(inspection->looks.size(), 1U);
    EXPECT_TRUE(has_gap(*inspection, "the process ended before the next look"));
}

// The second look begins after the time is over, the third is not begun.
TEST_F(Capture, ALateLookKeepsThoseBeforeIt) {
    options_.looks = 3;
    options_.timeout_ms = 1'000;
    clock_.late_ns = 2'000'000'000;
    const auto inspection = inspect();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(inspection->looks.size(), 2U);
    EXPECT_TRUE(has_gap(*inspection, "the time limit ended before the next look"));
    EXPECT_TRUE(inspection->last().python.has_value());
}

}  // namespace
}  // namespace subint_doctor::capture
