#include <gtest/gtest.h>

#include <csignal>

#include "lonely_wait_cases.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "self-deadlock";

bool is_found(const Inspection& inspection) { return find(diagnose::diagnose(inspection), code) != nullptr; }

TEST(SelfDeadlock, TheOnlyThreadWaitsForALock) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(alone_on_a_lock()));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_EQ(diagnosis.sentence,
              "The main thread waits for a lock without a time limit, and it is the only thread of the process: no "
              "thread is left that could release it.");
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::critical);
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_TRUE(says(finding, "the only thread of the process, in both looks"));
    EXPECT_TRUE(says(finding, "did not run for 27 ms"));
    EXPECT_TRUE(says(finding, "load at server.py:12"));
    EXPECT_EQ(find(diagnosis, "lock-owner-gone"), nullptr);
}

TEST(SelfDeadlock, ANativeLockIsOneToo) {
    Snapshot look = alone_on_a_lock();
    thread_of(look, main_tid).wait.kind = WaitKind::futex;
    EXPECT_TRUE(is_found(looked_at_twice(look)));
}

TEST(SelfDeadlock, OneLookIsLikely) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(alone_on_a_lock())), code)->confidence, Confidence::likely);
}

TEST(SelfDeadlock, AHandlerOfASignalMightEndIt) {
    Snapshot look = alone_on_a_lock();
    look.process.caught.bits |= std::uint64_t{1} << (SIGTERM - 1);
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(find(diagnosis, code)->confidence, Confidence::possible);
    EXPECT_EQ(find(diagnosis, code)->severity, Severity::warning);
    EXPECT_TRUE(says(*find(diagnosis, code), "the process handles signal 15"));
    look.process.caught.bits = std::uint64_t{1} << (SIGSEGV - 1) | std::uint64_t{1} << 32U;
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code)->confidence, Confidence::certain)
        << "a fault of its own and the C library's signals";
}

TEST(SelfDeadlock, AsyncioAndTrioReleaseNothing) {
    for (const char* handler : {"Runner._on_sigint", "KIManager.install.<locals>.handler"}) {
        Snapshot look = alone_on_a_lock();
        look.python->signals.sigint_handler = handler;
        EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code)->confidence, Confidence::certain) << handler;
    }
}

TEST(SelfDeadlock, AHandlerOfSigintOtherThanPythonsOwnMightEndItToo) {
    Snapshot look = alone_on_a_lock();
    look.python->signals.sigint_handler = "stop";
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(find(diagnosis, code)->confidence, Confidence::possible);
    EXPECT_TRUE(says(*find(diagnosis, code), "the process handles signal 2"));
}

TEST(SelfDeadlock, SilentWhereSomebodyCouldEndIt) {
    Snapshot look = alone_on_a_lock();
    add_thread(look, driver_tid, "worker");
    EXPECT_FALSE(is_found(looked_at_twice(look))) << "another thread";
    look.threads.back().state = 'Z';
    EXPECT_TRUE(is_found(looked_at_twice(look))) << "it has ended";

    look = alone_on_a_lock();
    thread_of(look, main_tid).wait.limit = TimeLimit{true, {}, 5'000};
    EXPECT_FALSE(is_found(looked_at_twice(look))) << "a time limit";

    look = alone_on_a_lock();
    thread_of(look, main_tid).syscall->args[1] = FUTEX_WAIT_BITSET;
    EXPECT_FALSE(is_found(looked_at_twice(look))) << "another process, through shared memory";

    look = alone_on_a_lock();
    look.gaps = {{"threads", "there are more threads than are read", true}};
    EXPECT_FALSE(is_found(looked_at_twice(look))) << "threads that were not read";
}

TEST(SelfDeadlock, SilentWhereItGoesOn) {
    Inspection inspection = looked_at_twice(alone_on_a_lock());
    thread_of(inspection.looks[1], main_tid).slices += 1;
    EXPECT_FALSE(is_found(inspection)) << "it woke";

    inspection = looked_at_twice(alone_on_a_lock());
    add_thread(inspection.looks[0], driver_tid, "worker");
    EXPECT_FALSE(is_found(inspection)) << "it was not alone in each look";

    inspection = looked_at_twice(alone_on_a_lock());
    thread_of(inspection.looks[1], main_tid).syscall->args[0] += 64;
    EXPECT_FALSE(is_found(inspection)) << "another lock";

    Snapshot stopped = alone_on_a_lock();
    stopped.process.frozen = true;
    EXPECT_FALSE(is_found(looked_at_twice(stopped)));
}

}  // namespace
}  // namespace subint_doctor::tests
