#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "process-stopped";

Snapshot all_in_state(char state) {
    Snapshot look = founding_hang_after_sigints();
    for (Thread& thread : look.threads) {
        thread.state = state;
        thread.on_cpu = false;
        thread.wait.kind = WaitKind::stopped;
    }
    return look;
}

TEST(ProcessStopped, JobControlOffersToContinue) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(all_in_state('T')));
    EXPECT_EQ(diagnosis.code, code);
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::critical);
    EXPECT_EQ(finding.advice.front().command, "kill -CONT 4242");
    EXPECT_TRUE(says(finding, "2 threads, all in state T"));
}

TEST(ProcessStopped, StandstillIsNoVerdictOnTheGil) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(all_in_state('T')));
    for (const char* other : {"gil-held-in-native-code", "gil-holder-blocked", "gil-contention", "signal-handler-owed"})
        EXPECT_EQ(find(diagnosis, other), nullptr) << other;
    EXPECT_EQ(find(diagnosis, "wakeup-fd-full")->symptom_of, std::vector<std::string>{code});
}

TEST(ProcessStopped, NamesTheTracerThatStoppedIt) {
    Snapshot look = all_in_state('t');
    look.process.tracer_pid = 99;
    look.process.tracer_name = "gdb";
    EXPECT_EQ(diagnose::diagnose(looked_at_twice(look)).sentence,
              "The process is stopped by its tracer, gdb (pid 99).");
}

TEST(ProcessStopped, TracerThatOnlyWatchesIsANote) {
    Snapshot look = trio_process();
    look.process.tracer_pid = 99;
    look.process.tracer_name = "strace";
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::note);
    EXPECT_EQ(finding.sentence, "The process is traced by strace (pid 99) and not stopped.");
}

TEST(ProcessStopped, Frozen) {
    Snapshot look = trio_process();
    look.process.frozen = true;
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(find(diagnosis, "gil-held-in-native-code"), nullptr);
}

TEST(ProcessStopped, SilentWhenOneThreadGoesOn) {
    Snapshot look = all_in_state('T');
    thread_of(look, driver_tid).state = 'S';
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(ProcessStopped, SilentWhenItRanBetweenTheLooks) {
    Inspection inspection = looked_at_twice(all_in_state('t'));
    thread_of(inspection.looks[1], main_tid).slices += 1;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(ProcessStopped, HeldByAnotherOfOurKindIsANote) {
    Snapshot look = all_in_state('t');
    look.process.tracer_pid = 99;
    look.process.tracer_name = "subint-doctor";
    const Finding finding = *find(diagnose::diagnose(looked_at_twice(look)), code);
    EXPECT_EQ(finding.severity, Severity::note);
    EXPECT_NE(finding.sentence.find("held by another subint-doctor"), std::string::npos);
}

TEST(ProcessStopped, OneLookIsLikely) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(all_in_state('T'))), code)->confidence, Confidence::likely);
}

}  // namespace
}  // namespace subint_doctor::tests
