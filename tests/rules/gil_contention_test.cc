#include <fmt/format.h>
#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "gil-contention";

// `drivers` threads in legacy sub-interpreters run Python code; the first holds the GIL, the others and main wait.
Snapshot busy_drivers(int drivers) {
    Snapshot look = trio_process();
    for (int n = 0; n < drivers; ++n) {
        const std::int64_t id = add_interpreter(look, InterpreterKind::legacy).id;
        const int tid = 5000 + n;
        add_thread(look, tid, fmt::format("subint-driver[{}]", id));
        set_frames(look, run_interpreter(look, id, tid), {{"spin", "<script>", 6}});
        if (n > 0) wait_for_gil(look, tid);
    }
    compute(thread_of(look, 5000));
    hold_gil(look, 5000);
    wait_for_gil(look, main_tid);
    look.python->gils[0].drop_requested = false;
    return look;
}

Inspection busy_drivers_twice(int drivers, std::uint64_t switches) {
    Inspection inspection = looked_at_twice(busy_drivers(drivers));
    inspection.looks[1].python->gils[0].switch_number += switches;
    if (switches == 0) {
        for (Snapshot& look : inspection.looks) look.python->gils[0].drop_requested = true;
    }
    return inspection;
}

TEST(GilContention, CountsCompetitorsAndTheWait) {
    const Diagnosis diagnosis = diagnose::diagnose(busy_drivers_twice(25, 5));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(diagnosis.sentence, "26 threads compete for GIL 0, so the main thread gets it about 125 ms late.");
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_TRUE(says(finding, "changed hands 5 times in 27 ms"));
    EXPECT_TRUE(says(finding, "25 x 5.0 ms = 125 ms"));
    EXPECT_TRUE(says(finding, "MainThread (tid 4242) was on a CPU for about 0 of 27 ms"));
    EXPECT_TRUE(says(finding, "Interpreters 0, 1, 2, 3 and 22 more share it"));
}

TEST(GilContention, JustLetGoIsStillContended) {
    Inspection inspection = busy_drivers_twice(25, 5);
    Gil& gil = inspection.looks[1].python->gils[0];
    gil.locked = false;
    gil.holder.reset();
    gil.holder_tid.reset();
    EXPECT_TRUE(says(*find(diagnose::diagnose(inspection), code), "held by nobody in the last look"));
}

TEST(GilContention, QuickHandoversAreNoWait) {
    EXPECT_EQ(find(diagnose::diagnose(busy_drivers_twice(6, 270)), code), nullptr);
}

TEST(GilContention, FewCompetitorsAreNoWait) {
    EXPECT_EQ(find(diagnose::diagnose(busy_drivers_twice(3, 5)), code), nullptr);
    EXPECT_NE(find(diagnose::diagnose(busy_drivers_twice(4, 5)), code), nullptr);
}

TEST(GilContention, SilentWhenOneThreadNeverLetsGo) {
    const Diagnosis diagnosis = diagnose::diagnose(busy_drivers_twice(25, 0));
    EXPECT_EQ(find(diagnosis, code), nullptr);
    EXPECT_EQ(diagnosis.code, "gil-held-in-native-code");
}

TEST(GilContention, SilentWhenOneLookFindsNobodyWaiting) {
    Inspection inspection = busy_drivers_twice(25, 5);
    inspection.looks[0].python->gils[0].waiters.clear();
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(GilContention, LongSwitchIntervalWithMovingFramesIsLikely) {
    Inspection inspection = busy_drivers_twice(1, 0);
    for (Snapshot& look : inspection.looks) look.python->gils[0].switch_interval_us = 1'000'000;
    move_frames(inspection.looks[1], 5000);
    EXPECT_EQ(find(diagnose::diagnose(inspection), code)->confidence, Confidence::likely);
}

TEST(GilContention, OneLookIsPossibleAtMost) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_once(busy_drivers(25)));
    EXPECT_EQ(find(diagnosis, code)->confidence, Confidence::possible);
    EXPECT_EQ(find(diagnosis, "gil-held-in-native-code"), nullptr);
}

TEST(GilContention, ComesBeforeAbandonedInterpreters) {
    const Diagnosis diagnosis = diagnose::diagnose(busy_drivers_twice(25, 5));
    ASSERT_EQ(diagnosis.findings.size(), 2U);
    EXPECT_EQ(diagnosis.findings[1].code, "abandoned-subinterpreter");
    EXPECT_EQ(diagnosis.findings[1].interpreters.size(), 25U);
    EXPECT_TRUE(says(diagnosis.findings[1], "20 more run likewise"));
}

}  // namespace
}  // namespace subint_doctor::tests
