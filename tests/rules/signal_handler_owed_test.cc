#include <gtest/gtest.h>

#include <csignal>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "signal-handler-owed";

void trip(Snapshot& look) {
    look.python->signals.is_tripped = true;
    look.python->signals.tripped = {SIGINT};
}

Snapshot main_sleeps_in(std::string syscall, WaitKind kind) {
    Snapshot look = trio_process();
    sleep_in(thread_of(look, main_tid), std::move(syscall), kind, {0x1000});
    trip(look);
    return look;
}

TEST(SignalHandlerOwed, MainWaitsForTheGil) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(founding_hang_after_sigints()));
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(
        finding.sentence,
        "SIGINT arrived, but the main thread does not run its handler: it waits for GIL 0, held by subint-driver[1] "
        "(tid 4244).");
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_EQ(finding.symptom_of, std::vector<std::string>{"gil-held-in-native-code"});
}

TEST(SignalHandlerOwed, MainRunsASubInterpreter) {
    Snapshot look = trio_process();
    const std::int64_t id = add_interpreter(look, InterpreterKind::legacy).id;
    set_frames(look, run_interpreter(look, id, main_tid), {{"<module>", "<script>", 3}});
    compute(thread_of(look, main_tid));
    hold_gil(look, main_tid);
    trip(look);
    Inspection inspection = looked_at_twice(look);
    move_frames(inspection.looks[1], main_tid);
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_EQ(diagnosis.code, code) << "not busy-loop: that is why main does not come, and the cause is named";
    EXPECT_NE(diagnosis.sentence.find("it runs interpreter 1 (legacy)"), std::string::npos);
}

TEST(SignalHandlerOwed, MainIsBlockedInNativeCode) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(main_sleeps_in("futex", WaitKind::futex)));
    EXPECT_NE(diagnosis.sentence.find("a wait in C code that does not come back to Python"), std::string::npos);
}

TEST(SignalHandlerOwed, MainWaitsOnALock) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(main_sleeps_in("futex", WaitKind::lock)));
    EXPECT_EQ(diagnosis.sentence.find("another thread took"), std::string::npos) << "there is none";
    Snapshot look = main_sleeps_in("futex", WaitKind::lock);
    add_thread(look, driver_tid, "worker");
    EXPECT_EQ(diagnose::diagnose(looked_at_twice(look)).sentence.find("another thread took"), std::string::npos);
    thread_of(look, main_tid).blocked.bits = 1U << (SIGINT - 1);
    EXPECT_NE(diagnose::diagnose(looked_at_twice(look)).sentence.find("another thread took it"), std::string::npos);
}

TEST(SignalHandlerOwed, MainTurnsInCCode) {
    Inspection inspection = looked_at_twice(main_sleeps_in("clock_nanosleep", WaitKind::sleep));
    thread_of(inspection.looks[1], main_tid).voluntary_switches += 2;
    EXPECT_NE(find(diagnose::diagnose(inspection), code)->sentence.find("sleeps and wakes by turns"),
              std::string::npos);
}

TEST(SignalHandlerOwed, MainSleepsInItsLoopAndNothingWokeIt) {
    Snapshot look = trio_process();
    look.wakeup = {};
    trip(look);
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_TRUE(says(*find(diagnosis, code), "No signal wakeup fd is set"));
    EXPECT_EQ(find(diagnosis, "event-loop-idle"), nullptr);
}

TEST(SignalHandlerOwed, MainComputesInNativeCode) {
    Snapshot look = trio_process();
    compute(thread_of(look, main_tid));
    trip(look);
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_NE(diagnosis.sentence.find("computes in C code that does not ask for signals"), std::string::npos);
}

// Met awake in both looks, as a waiter for the GIL may be, and without any CPU time.
TEST(SignalHandlerOwed, MainThatOnlyBlinksDoesNotCompute) {
    Snapshot look = founding_hang_after_sigints();
    compute(thread_of(look, main_tid));
    look.python->gils[0].waiters.clear();
    Inspection inspection = looked_at_twice(look);
    thread_of(inspection.looks[1], main_tid).run_ns = thread_of(look, main_tid).run_ns + 100'000;
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    const std::string& sentence = find(diagnosis, code)->sentence;
    EXPECT_EQ(sentence.find("computes"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("GIL 0"), std::string::npos) << sentence;
}

TEST(SignalHandlerOwed, SilentWhereMainRunsPythonAndMoves) {
    Snapshot look = trio_process();
    compute(thread_of(look, main_tid));
    trip(look);
    Inspection inspection = looked_at_twice(look);
    move_frames(inspection.looks[1], main_tid);
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(SignalHandlerOwed, SilentWhenHandledByTheSecondLook) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    inspection.looks[1].python->signals.is_tripped = false;
    inspection.looks[1].python->signals.tripped.clear();
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(SignalHandlerOwed, SilentWhenItCameBetweenTheLooks) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    inspection.looks[0].python->signals = {};
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(SignalHandlerOwed, OneLookIsLikely) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(founding_hang_after_sigints())), code)->confidence,
              Confidence::likely);
}

TEST(SignalHandlerOwed, NamesSeveralSignals) {
    Snapshot look = main_sleeps_in("futex", WaitKind::futex);
    look.python->signals.tripped = {SIGINT, SIGUSR1, 40};
    EXPECT_EQ(diagnose::diagnose(looked_at_twice(look)).sentence.find("SIGINT, SIGUSR1 and signal 40 arrived"), 0U);
}

TEST(SignalHandlerOwed, WithoutAMainThreadItIsAGap) {
    Snapshot look = founding_hang_after_sigints();
    look.python->main_tid.reset();
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(find(diagnosis, code), nullptr);
    EXPECT_FALSE(diagnosis.gaps.empty());
}

}  // namespace
}  // namespace subint_doctor::tests
