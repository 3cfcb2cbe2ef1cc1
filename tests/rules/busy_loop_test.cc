#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "busy-loop";

Snapshot spinning(int tid) {
    Snapshot look = trio_process();
    Thread& thread = tid == main_tid ? thread_of(look, main_tid) : add_thread(look, tid, "retrier");
    compute(thread);
    set_frames(look, innermost_of(look, tid), {{"retry", "/srv/server.py", 16}, {"main", "/srv/server.py", 25}});
    hold_gil(look, tid);
    return look;
}

Inspection spinning_twice(int tid) {
    Inspection inspection = looked_at_twice(spinning(tid));
    innermost_of(inspection.looks[1], tid).frames[0].line = 17;
    move_frames(inspection.looks[1], tid);
    return inspection;
}

TEST(BusyLoop, SaysWhere) {
    const Diagnosis diagnosis = diagnose::diagnose(spinning_twice(driver_tid));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(diagnosis.sentence, "Thread retrier runs Python code on and on, in retry at server.py:17.");
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.confidence, Confidence::likely);
    EXPECT_TRUE(says(finding, "used about 24 of 27 ms on a CPU"));
    EXPECT_EQ(find(diagnosis, "event-loop-idle"), nullptr);
    EXPECT_EQ(find(diagnosis, "gil-held-in-native-code"), nullptr);
}

TEST(BusyLoop, MainStillHandlesSignals) {
    const Diagnosis diagnosis = diagnose::diagnose(spinning_twice(main_tid));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(find(diagnosis, code)->ruled_out.size(), 2U);
    EXPECT_EQ(find(diagnose::diagnose(spinning_twice(driver_tid)), code)->ruled_out.size(), 1U);
}

TEST(BusyLoop, TightLoopMetTwiceAtTheSameInstruction) {
    Inspection inspection = looked_at_twice(spinning(driver_tid));
    thread_of(inspection.looks[1], driver_tid).frames_stirred = true;
    EXPECT_EQ(diagnose::diagnose(inspection).code, code);
}

TEST(BusyLoop, OneLongCallOrManyShortOnesThatNobodyWaitsFor) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(spinning(main_tid)));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(diagnosis.sentence,
              "The main thread computes on and on, in one long call or many short ones, in retry at server.py:16.");
    EXPECT_TRUE(find(diagnosis, code)->ruled_out.empty());
    EXPECT_EQ(find(diagnosis, "gil-held-in-native-code"), nullptr);
}

TEST(BusyLoop, ARequestThatGoesUnansweredIsOneCall) {
    Snapshot look = spinning(driver_tid);
    wait_for_gil(look, main_tid);
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.code, "gil-held-in-native-code");
    EXPECT_EQ(find(diagnosis, code), nullptr);
}

TEST(BusyLoop, SilentForCodeThatReleasedTheGil) {
    Snapshot look = trio_process();
    compute(add_thread(look, driver_tid, "hasher"));
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(BusyLoop, MetWhileItNapsItIsNoLessBusy) {
    Inspection inspection = spinning_twice(driver_tid);
    Snapshot& later = inspection.looks[1];
    sleep_in(thread_of(later, driver_tid), "clock_nanosleep", WaitKind::sleep);
    later.python->gils[0].locked = innermost_of(later, driver_tid).holds_gil = false;
    EXPECT_NE(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(BusyLoop, SilentWhenTheThreadMostlyRests) {
    Inspection inspection = spinning_twice(driver_tid);
    Thread& thread = thread_of(inspection.looks[1], driver_tid);
    thread.run_ns -= 20'000'000;
    thread.voluntary_switches += 20;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(BusyLoop, ShortOfACpuIsNotRest) {
    Inspection inspection = spinning_twice(driver_tid);
    Thread& thread = thread_of(inspection.looks[1], driver_tid);
    thread.run_ns -= 20'000'000;
    EXPECT_NE(find(diagnose::diagnose(inspection), code), nullptr) << "it never gave a CPU up by itself";
    thread.voluntary_switches += 1;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
    thread.queue_ns += 21'000'000;
    EXPECT_NE(find(diagnose::diagnose(inspection), code), nullptr) << "it wanted a CPU all the time";
}

TEST(BusyLoop, AnotherFunctionBelowTheSameFrame) {
    Inspection inspection = spinning_twice(driver_tid);
    Snapshot& first = inspection.looks[0];
    Snapshot& later = inspection.looks[1];
    later.python->codes = first.python->codes;
    ThreadState& state = innermost_of(later, driver_tid);
    const Frame outermost = innermost_of(first, driver_tid).frames.back();
    set_frames(later, state, {{"parse", "/srv/a.py", 3}, {"step", "/srv/a.py", 9}});
    state.frames.push_back(outermost);
    innermost_of(first, driver_tid).frames_complete = state.frames_complete = true;
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_EQ(diagnosis.sentence, "Thread retrier runs Python code on and on, below main at server.py:25.");
    EXPECT_TRUE(says(*find(diagnosis, code), "1 of its 3 frames, from the outermost, stood still"));
}

TEST(BusyLoop, SilentWhenTheOutermostFrameMovedOn) {
    Inspection inspection = spinning_twice(driver_tid);
    for (Snapshot& look : inspection.looks) innermost_of(look, driver_tid).frames_complete = true;
    innermost_of(inspection.looks[1], driver_tid).frames[1].line = 26;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(BusyLoop, SilentWithOneLook) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(spinning(driver_tid))), code), nullptr);
}

}  // namespace
}  // namespace subint_doctor::tests
