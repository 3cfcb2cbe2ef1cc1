#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "fake_clock.h"
#include "fake_target.h"
#include "random_layout.h"
#include "sample_image.h"
#include "take_looks.h"

namespace subint_doctor::capture {
namespace {

constexpr int main_tid = 4242;

// Sleeps until the next look, and lets something happen to the patient meanwhile.
class EventfulClock final : public os::Clock {
public:
    std::uint64_t now_ns() const override { return clock_.now_ns(); }
    std::int64_t unix_ms() const override { return clock_.unix_ms(); }
    void sleep_until_ns(std::uint64_t when_ns) const override {
        clock_.sleep_until_ns(when_ns);
        if (meanwhile) meanwhile();
    }
    std::function<void()> meanwhile;

private:
    test::FakeClock clock_;
};

class TakeLooks : public testing::Test {
protected:
    TakeLooks() {
        patient_.fake_memory = sample_.memory;
        patient_.process_facts.pid = main_tid;
        Thread main;
        main.tid = main.namespace_tid = main_tid;
        main.state = 'S';
        patient_.threads_of_looks = {{main}};
    }

    Result<Inspection> looks() {
        return take_looks(patient_, sample_.layout, options_, clock_, clock_.now_ns(), &progress_);
    }
    static bool has_needed_gap(const Inspection& inspection, const std::string& reason) {
        return std::ranges::any_of(inspection.gaps, [&](const Gap& gap) {
            return gap.needed && gap.path == "motion" && gap.reason.find(reason) != std::string::npos;
        });
    }

    test::SampleImage sample_ = test::make_sample_image(test::random_layout(test::sample_runtime, 1));
    test::FakeTarget patient_;
    EventfulClock clock_;
    Options options_;
    Progress progress_;
};

TEST_F(TakeLooks, LooksAsOftenAsAsked) {
    options_.looks = 3;
    const auto inspection = looks();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(inspection->looks.size(), 3U);
    EXPECT_FALSE(has_needed_gap(*inspection, ""));
    EXPECT_TRUE(inspection->consistent);
    EXPECT_EQ(inspection->last().python->main_tid, main_tid);
}

TEST_F(TakeLooks, AFinishedLookIsThereBeforeTheNext) {
    std::optional<Inspection> meanwhile;
    clock_.meanwhile = [&] { meanwhile = progress_.latest(); };
    ASSERT_TRUE(looks());
    ASSERT_TRUE(meanwhile.has_value());
    EXPECT_EQ(meanwhile->looks.size(), 1U);

    meanwhile->looks[0].threads[0].ran_while_read = true;
    meanwhile->looks[0].gaps = {{"target.exe", "unreadable", false}};
    const Inspection cut = cut_short(std::move(*meanwhile), "the kernel did not answer");
    EXPECT_FALSE(cut.consistent);
    ASSERT_EQ(cut.gaps.size(), 2U);
    EXPECT_EQ(cut.gaps[0].path, "target.exe");
    EXPECT_EQ(cut.gaps[1], (Gap{"motion", "the kernel did not answer", true}));
}

TEST_F(TakeLooks, AProcessThatEndsLeavesTheFirstLook) {
    clock_.meanwhile = [&] { patient_.gone = Error{ErrorCode::no_such_process, "gone"}; };
    const auto inspection = looks();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(inspection->looks.size(), 1U);
    EXPECT_TRUE(has_needed_gap(*inspection, "the process ended before the next look"));
    EXPECT_TRUE(inspection->consistent);
}

TEST_F(TakeLooks, WhatRanInTheOnlyLookStaysTornWhenTheProcessEnds) {
    patient_.threads_of_looks[0][0].ran_while_read = true;
    clock_.meanwhile = [&] { patient_.gone = Error{ErrorCode::no_such_process, "gone"}; };
    const auto inspection = looks();
    ASSERT_TRUE(inspection);
    EXPECT_FALSE(inspection->consistent);
    EXPECT_EQ(inspection->moved_tids, std::vector<int>{main_tid});
    EXPECT_TRUE(patient_.held.empty());
}

TEST_F(TakeLooks, ALaterLookThatFailsIsAGap) {
    clock_.meanwhile = [&] { patient_.gone = Error{ErrorCode::unreadable, "reading the threads"}; };
    const auto inspection = looks();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(inspection->looks.size(), 1U);
    EXPECT_TRUE(has_needed_gap(*inspection, "the next look failed: reading the threads"));
}

TEST_F(TakeLooks, AFirstLookThatFailsIsAnError) {
    patient_.gone = Error{ErrorCode::no_such_process, "gone"};
    const auto inspection = looks();
    ASSERT_FALSE(inspection);
    EXPECT_EQ(inspection.error().code, ErrorCode::no_such_process);
}

TEST_F(TakeLooks, NoLookBeginsAfterTheTimeLimit) {
    options_.timeout_ms = 10;
    const auto inspection = looks();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(inspection->looks.size(), 1U);
    EXPECT_TRUE(has_needed_gap(*inspection, "the time limit ended"));
}

}  // namespace
}  // namespace subint_doctor::capture
