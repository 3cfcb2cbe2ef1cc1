#include <gtest/gtest.h>

#include <csignal>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "event-loop-idle";

TEST(EventLoopIdle, SaysThatNothingIsBroken) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(trio_process()));
    EXPECT_EQ(diagnosis.code, code);
    ASSERT_EQ(diagnosis.findings.size(), 1U);
    const Finding& finding = diagnosis.findings[0];
    EXPECT_EQ(finding.severity, Severity::note);
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_EQ(finding.sentence.find("The event loop (trio) sleeps until something that it watches is ready"), 0U);
    EXPECT_TRUE(says(finding, "Python believes it is default_int_handler"));
    for (const Advice& advice : finding.advice) EXPECT_EQ(advice.command.find("kill -INT"), std::string::npos);
    EXPECT_TRUE(says(finding, "a time limit of 86400 s, in both looks"));
    EXPECT_TRUE(says(finding, "GIL 0 is free"));
}

TEST(EventLoopIdle, WithoutATimeLimitAndWithoutAWakeupFd) {
    Snapshot look = trio_process();
    thread_of(look, main_tid).wait.limit = TimeLimit{};
    look.wakeup = {};
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_TRUE(says(*find(diagnosis, code), "no time limit"));
    EXPECT_TRUE(says(*find(diagnosis, code), "No signal wakeup fd is set"));
}

TEST(EventLoopIdle, OneLookIsLikely) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(trio_process())), code)->confidence, Confidence::likely);
}

TEST(EventLoopIdle, SilentWhenTheLoopTurned) {
    Inspection inspection = looked_at_twice(trio_process());
    thread_of(inspection.looks[1], main_tid).slices += 1;
    inspection.moved_tids = {main_tid};
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_EQ(diagnosis.code, "no-hang-found");
    EXPECT_NE(diagnosis.sentence.find("and it moves"), std::string::npos);
    EXPECT_EQ(diagnosis.ruled_out.front(), "GIL 0 is free");
}

TEST(EventLoopIdle, SilentWhenTheGilIsKept) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(founding_hang())), code), nullptr);
}

TEST(EventLoopIdle, GilThatChangesHandsIsNotKept) {
    Inspection inspection = looked_at_twice(founding_hang());
    inspection.looks[1].python->gils[0].switch_number += 4;
    EXPECT_TRUE(says(*find(diagnose::diagnose(inspection), code), "changed hands 4 times"));
}

TEST(EventLoopIdle, SilentWhenTheWakeupChainIsNotWhole) {
    Snapshot unarmed = trio_process();
    unarmed.wakeup.armed = false;
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(unarmed)), code), nullptr);
    Snapshot full = trio_process();
    full.wakeup.full = true;
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(full)), code), nullptr);
    Snapshot unpolled = trio_process();
    unpolled.wakeup.polled_by.clear();
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(unpolled)), code), nullptr);
}

TEST(EventLoopIdle, SilentWhenAHandlerIsOwed) {
    Snapshot look = trio_process();
    look.python->signals.tripped = {SIGINT};
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(EventLoopIdle, SilentInOtherWaits) {
    Snapshot look = trio_process();
    sleep_in(thread_of(look, main_tid), "futex", WaitKind::lock, {0x1000, 0x189});
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(EventLoopIdle, SilentForAnEpollOfACLibrary) {
    Snapshot look = trio_process();
    set_frames(look, innermost_of(look, main_tid), {{"call", "/srv/client.py", 9}, {"<module>", "/srv/server.py", 31}});
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr) << "no loop of Python";
    set_frames(look, innermost_of(look, main_tid),
               {{"call", "/srv/client.py", 9}, {"_run_once", "/usr/lib/python3.14/asyncio/base_events.py", 2050}});
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr) << "a task keeps the loop in a call";
}

TEST(EventLoopIdle, NamesTheLoopBelowASelector) {
    Snapshot look = trio_process();
    set_frames(look, innermost_of(look, main_tid),
               {{"select", "/usr/lib/python3.14/selectors.py", 452},
                {"_run_once", "/usr/lib/python3.14/asyncio/base_events.py", 2012}});
    EXPECT_NE(find(diagnose::diagnose(looked_at_twice(look)), code)->sentence.find("(asyncio)"), std::string::npos);
    set_frames(look, innermost_of(look, main_tid),
               {{"select", "/usr/lib/python3.14/selectors.py", 452}, {"serve", "/srv/server.py", 12}});
    EXPECT_NE(find(diagnose::diagnose(looked_at_twice(look)), code)->sentence.find("(selectors)"), std::string::npos);
}

}  // namespace
}  // namespace subint_doctor::tests
