#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "gil-holder-blocked";

Snapshot holder_in_read() {
    Snapshot look = trio_process();
    Thread& holder = add_thread(look, driver_tid, "holder");
    sleep_in(holder, "read", WaitKind::read, {9, 0x1000, 1});
    wait_on_fd(holder, 9, "pipe:[123]");
    set_frames(look, innermost_of(look, driver_tid), {{"hold", "/srv/server.py", 17}});
    hold_gil(look, driver_tid);
    wait_for_gil(look, main_tid);
    return look;
}

TEST(GilHolderBlocked, NamesTheCallAndWhatItWaitsFor) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(holder_in_read()));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(
        diagnosis.sentence,
        "Thread holder waits in read on fd 9 (pipe:[123]) and keeps GIL 0 meanwhile, so the main thread cannot run "
        "Python.");
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::critical);
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_TRUE(says(finding, "did not run for 27 ms"));
    EXPECT_TRUE(says(finding, "hold at server.py:17, interpreter 0 (main)"));
    EXPECT_EQ(find(diagnosis, "gil-held-in-native-code"), nullptr);
    EXPECT_EQ(find(diagnosis, "gil-contention"), nullptr);
}

TEST(GilHolderBlocked, SaysThatMainStillSleepsInItsLoop) {
    Snapshot look = holder_in_read();
    const Snapshot calm = trio_process();
    look.threads[0] = calm.threads[0];
    look.python->gils[0].waiters.clear();
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(find(diagnosis, code)->severity, Severity::critical);
    EXPECT_NE(diagnosis.sentence.find("still waits in epoll_wait"), std::string::npos);
}

TEST(GilHolderBlocked, TellsATimeLimit) {
    Snapshot look = holder_in_read();
    sleep_in(thread_of(look, driver_tid), "poll", WaitKind::event_loop, {0x1000, 1, 5000});
    thread_of(look, driver_tid).wait.limit = TimeLimit{true, 5000, {}};
    EXPECT_TRUE(says(*find(diagnose::diagnose(looked_at_twice(look)), code), "poll, with a time limit of 5 s"));
    thread_of(look, driver_tid).wait.limit = TimeLimit{};
    EXPECT_TRUE(says(*find(diagnose::diagnose(looked_at_twice(look)), code), "poll, with no time limit"));
}

TEST(GilHolderBlocked, HolderThatRanBetweenTheLooksIsLikely) {
    Inspection inspection = looked_at_twice(holder_in_read());
    thread_of(inspection.looks[1], driver_tid).slices += 3;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code)->confidence, Confidence::likely);
}

TEST(GilHolderBlocked, OneLookIsLikelyAtMost) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(holder_in_read())), code)->confidence, Confidence::likely);
}

TEST(GilHolderBlocked, SilentWhenTheSecondLookFindsAnotherCall) {
    Inspection inspection = looked_at_twice(holder_in_read());
    thread_of(inspection.looks[1], driver_tid).syscall->args[0] = 11;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(GilHolderBlocked, SilentWhenTheGilIsFree) {
    Inspection inspection = looked_at_twice(holder_in_read());
    Gil& gil = inspection.looks[1].python->gils[0];
    gil.locked = false;
    gil.holder.reset();
    gil.holder_tid.reset();
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(GilHolderBlocked, SilentForAStoppedHolder) {
    Snapshot look = holder_in_read();
    for (Thread& thread : look.threads) thread.state = 'T';
    Inspection inspection = looked_at_twice(look);
    inspection.looks[1].threads = inspection.looks[0].threads;
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_EQ(find(diagnosis, code), nullptr);
    EXPECT_EQ(diagnosis.code, "process-stopped");
}

}  // namespace
}  // namespace subint_doctor::tests
