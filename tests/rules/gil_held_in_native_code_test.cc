#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "gil-held-in-native-code";

TEST(GilHeldInNativeCode, NamesHolderCallAndWhoStarves) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(founding_hang_after_sigints()));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(diagnosis.sentence,
              "Thread subint-driver[1] computes in C code and keeps GIL 0, so the main thread cannot run Python.");
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::critical);
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_TRUE(says(finding, "same switch number 1041 in both looks"));
    EXPECT_TRUE(says(finding, "about 24 of 27 ms"));
    EXPECT_TRUE(says(finding, "inside match at re/__init__.py:167, called from <module> at <script>:3, interpreter 1"));
    EXPECT_TRUE(says(finding, "MainThread (tid 4242) waits for GIL 0; it woke 5 times"));
    EXPECT_EQ(finding.tids, (std::vector<int>{driver_tid, main_tid}));
}

// One long call or many short ones: without a request nothing tells them apart, and nobody is kept waiting.
TEST(GilHeldInNativeCode, SilentWhileNobodyAsks) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(founding_hang()));
    EXPECT_EQ(find(diagnosis, code), nullptr);
    EXPECT_EQ(diagnosis.code, "busy-loop");
    EXPECT_NE(diagnosis.sentence.find("in one long call or many short ones"), std::string::npos);
}

TEST(GilHeldInNativeCode, WaiterInOneLookCountsForBoth) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    inspection.looks[1].python->gils[0].waiters.clear();
    EXPECT_EQ(find(diagnose::diagnose(inspection), code)->confidence, Confidence::certain);
}

TEST(GilHeldInNativeCode, OneLookIsLikelyWhereAnAskedHolderDoesNotLetGo) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_once(founding_hang_after_sigints()));
    EXPECT_EQ(find(diagnosis, code)->confidence, Confidence::likely);
}

TEST(GilHeldInNativeCode, OneLookWithoutARequestIsAGap) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_once(founding_hang()));
    EXPECT_EQ(find(diagnosis, code), nullptr);
    ASSERT_EQ(diagnosis.gaps.size(), 1U);
    EXPECT_EQ(diagnosis.gaps[0].path, "motion");
}

TEST(GilHeldInNativeCode, LessCpuThanASwitchIntervalRefusesNothing) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    for (Snapshot& look : inspection.looks) look.python->gils[0].switch_interval_us = 1'000'000;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(GilHeldInNativeCode, AnUnansweredRequestCountsWhateverTheFrames) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    move_frames(inspection.looks[1], driver_tid);
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    ASSERT_NE(find(diagnosis, code), nullptr);
    EXPECT_EQ(find(diagnosis, code)->confidence, Confidence::likely);
    EXPECT_FALSE(says(*find(diagnosis, code), "stood still"));
}

TEST(GilHeldInNativeCode, ARequestOfOneLookOnlyWasAnswered) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    inspection.looks[0].python->gils[0].drop_requested = false;
    for (Snapshot& look : inspection.looks) look.python->gils[0].is_main = false;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(GilHeldInNativeCode, SilentWhenFramesStirredWithinALook) {
    Inspection inspection = looked_at_twice(founding_hang());
    thread_of(inspection.looks[1], driver_tid).frames_stirred = true;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(GilHeldInNativeCode, HolderThatGotNoCpuIsAGap) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    thread_of(inspection.looks[1], driver_tid).run_ns = thread_of(inspection.looks[0], driver_tid).run_ns;
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_EQ(find(diagnosis, code), nullptr);
    ASSERT_EQ(diagnosis.gaps.size(), 1U);
    EXPECT_TRUE(diagnosis.gaps[0].needed);
    for (Snapshot& look : inspection.looks) thread_of(look, driver_tid).run_ns = 0;
    EXPECT_NE(find(diagnose::diagnose(inspection), code), nullptr) << "a kernel without that clock";
}

TEST(GilHeldInNativeCode, SilentWhenTheGilChangedHands) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    inspection.looks[1].python->gils[0].switch_number += 2;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(GilHeldInNativeCode, SilentWhenTheCallReleasedTheGil) {
    Snapshot look = trio_process();
    compute(add_thread(look, driver_tid, "hasher"));
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(GilHeldInNativeCode, SilentForAnOwnGilThatNobodyWaitsFor) {
    Snapshot look = trio_process();
    const std::int64_t isolated = add_interpreter(look, InterpreterKind::isolated).id;
    compute(add_thread(look, driver_tid, "driver"));
    set_frames(look, run_interpreter(look, isolated, driver_tid), {{"<module>", "<script>", 2}});
    hold_gil(look, driver_tid, 1);
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(GilHeldInNativeCode, SilentWhenTheHolderSleeps) {
    Snapshot look = founding_hang_after_sigints();
    sleep_in(thread_of(look, driver_tid), "pause", WaitKind::other);
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(GilHeldInNativeCode, MainAloneThatOwesAHandlerIsAWarning) {
    Snapshot look = trio_process();
    compute(thread_of(look, main_tid));
    hold_gil(look, main_tid);
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr) << "nobody asks";
    look.python->signals.is_tripped = true;
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    ASSERT_NE(find(diagnosis, code), nullptr);
    EXPECT_EQ(find(diagnosis, code)->severity, Severity::warning);
    EXPECT_TRUE(says(*find(diagnosis, code), "owing a signal handler in both looks"));
}

TEST(GilHeldInNativeCode, UnknownHolderOfALockedGilIsAGap) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    for (Snapshot& look : inspection.looks) look.python->gils[0].holder_tid.reset();
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_EQ(find(diagnosis, code), nullptr);
    ASSERT_EQ(diagnosis.gaps.size(), 1U);
    EXPECT_EQ(diagnosis.gaps[0].path, "gils[0].holder_tid");
    EXPECT_TRUE(diagnosis.gaps[0].needed);
}

// It was met between taking the GIL and saying so.
TEST(GilHeldInNativeCode, AHolderUnknownInOneLookOnlyIsNoGap) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    inspection.looks[1].python->gils[0].holder_tid.reset();
    EXPECT_TRUE(diagnose::diagnose(inspection).gaps.empty());
}

TEST(GilHeldInNativeCode, ControlCharactersOfANameAreShown) {
    Snapshot look = founding_hang();
    thread_of(look, driver_tid).python_name = "a\x1b[31m\nb\xc2\x9b";
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_NE(diagnosis.sentence.find("a\\x1b[31m\\x0ab\\x9b"), std::string::npos) << diagnosis.sentence;
}

}  // namespace
}  // namespace subint_doctor::tests
