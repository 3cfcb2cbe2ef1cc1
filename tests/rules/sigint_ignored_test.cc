#include <gtest/gtest.h>

#include <csignal>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "sigint-ignored";
constexpr std::uint64_t sigint_bit = 1U << (SIGINT - 1);

Snapshot ignoring() {
    Snapshot look = trio_process();
    look.process.ignored.bits = sigint_bit;
    look.process.caught.bits = 0;
    look.python->signals.sigint_handler = "SIG_IGN";
    return look;
}

TEST(SigintIgnored, IsSaidWithPythonsOwnWord) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(ignoring()));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_TRUE(says(*find(diagnosis, code), "SIG_IGN"));
    EXPECT_EQ(find(diagnosis, "sigint-blocked"), nullptr);
}

TEST(SigintIgnored, IdleLoopDoesNotPromiseCtrlC) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(ignoring()));
    ASSERT_NE(find(diagnosis, "event-loop-idle"), nullptr);
    EXPECT_EQ(find(diagnosis, "event-loop-idle")->sentence.find("Ctrl-C"), std::string::npos);
}

TEST(SigintIgnored, SilentForAnotherSignal) {
    Snapshot look = ignoring();
    look.process.ignored.bits = 1U << (SIGPIPE - 1);
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(SigintIgnored, OneLookIsEnough) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(ignoring())), code)->confidence, Confidence::certain);
}

TEST(SigintIgnored, IsANoteUnlessItWasInherited) {
    Snapshot look = ignoring();
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code)->severity, Severity::note);
    look.process.ignored.bits |= 1U << (SIGQUIT - 1);
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(find(diagnosis, code)->severity, Severity::warning);
    EXPECT_TRUE(says(*find(diagnosis, code), "SIGQUIT is ignored too"));
    look = ignoring();
    look.process.parent_pid = 7;
    look.process.parent_ignored.emplace().bits = sigint_bit;
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code)->severity, Severity::warning);
}

TEST(SigintIgnored, NamesTheRoleOfAHelper) {
    Snapshot look = ignoring();
    look.process.parent_pid = 7221;
    look.process.parent_ignored.emplace().bits = sigint_bit;
    set_frames(look, innermost_of(look, main_tid),
               {{"worker", "/usr/lib/python3.14/multiprocessing/pool.py", 114},
                {"main", "/usr/lib/python3.14/multiprocessing/forkserver.py", 200}});
    const Finding worker = *find(diagnose::diagnose(looked_at_twice(look)), code);
    EXPECT_EQ(worker.severity, Severity::note);
    EXPECT_NE(worker.sentence.find("a worker of a multiprocessing pool, a child of process 7221"), std::string::npos);
    set_frames(look, innermost_of(look, main_tid), {{"main", "/srv/app.py", 1}});
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code)->severity, Severity::warning);
}

TEST(SigintIgnored, ComesAfterWhateverHangs) {
    Snapshot look = founding_hang();
    look.process.ignored.bits = sigint_bit;
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.code, "busy-loop");
    EXPECT_NE(find(diagnosis, code), nullptr);
}

}  // namespace
}  // namespace subint_doctor::tests
