#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "wakeup-fd-full";

// Main is stuck in C code with the GIL released, and nobody reads.
Snapshot full_and_stuck() {
    Snapshot look = trio_process();
    sleep_in(thread_of(look, main_tid), "futex", WaitKind::futex, {0x1000, 0x80});
    look.wakeup.queued_bytes = look.wakeup.queued_writes = 6;
    look.wakeup.full = true;
    look.wakeup.polled_by.clear();
    return look;
}

TEST(WakeupFdFull, CountsWritesAndNamesTheReader) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(full_and_stuck()));
    EXPECT_EQ(diagnosis.sentence,
              "The signal wakeup fd 7 is full: nobody has read its 6 bytes, and no further byte fits.");
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_TRUE(says(finding, "6 of 6 writes queued, full, read by fd 6, watched by epoll fd 5, armed"));
    EXPECT_TRUE(says(finding, "no thread waits on that now"));
    EXPECT_TRUE(says(finding, "6 is what this fd holds"));
    EXPECT_TRUE(says(finding, "Trio takes the bytes as a mere wake"));
}

TEST(WakeupFdFull, SaysWhatAnAsyncioLoopLoses) {
    Snapshot look = full_and_stuck();
    set_frames(look, innermost_of(look, main_tid),
               {{"hang", "/srv/server.py", 20}, {"run_forever", "/usr/lib/python3.14/asyncio/base_events.py", 640}});
    EXPECT_TRUE(says(*find(diagnose::diagnose(looked_at_twice(look)), code), "a byte that finds no room is lost"));
}

TEST(WakeupFdFull, OneWriteFewerIsNotFull) {
    Snapshot look = full_and_stuck();
    look.wakeup.queued_writes = 5;
    look.wakeup.full = false;
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(WakeupFdFull, DrainedByTheSecondLookIsNotFull) {
    Inspection inspection = looked_at_twice(full_and_stuck());
    inspection.looks[1].wakeup.full = false;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(WakeupFdFull, OneLookIsLikely) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(full_and_stuck())), code)->confidence, Confidence::likely);
}

TEST(WakeupFdFull, UnknownFillIsAGap) {
    Snapshot look = full_and_stuck();
    look.wakeup.full.reset();
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(find(diagnosis, code), nullptr);
    ASSERT_EQ(diagnosis.gaps.size(), 1U);
    EXPECT_TRUE(diagnosis.gaps[0].needed);
}

TEST(WakeupFdFull, GapOfTheCaptureIsNotSaidTwice) {
    Snapshot look = full_and_stuck();
    look.wakeup.full.reset();
    Inspection inspection = looked_at_twice(look);
    inspection.gaps.push_back({"signals.wakeup.queued_writes", "sock_diag said nothing", true});
    EXPECT_TRUE(diagnose::diagnose(inspection).gaps.empty());
}

TEST(WakeupFdFull, IsASymptomOfTheKeptGil) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(founding_hang_after_sigints()));
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.symptom_of, (std::vector<std::string>{"gil-held-in-native-code", "signal-handler-owed"}));
    EXPECT_EQ(diagnosis.findings[0].code, "gil-held-in-native-code");
    EXPECT_EQ(diagnosis.findings[1].code, "signal-handler-owed");
    EXPECT_EQ(diagnosis.findings[2].code, code);
}

}  // namespace
}  // namespace subint_doctor::tests
