#include <gtest/gtest.h>

#include <csignal>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "sigint-blocked";
constexpr std::uint64_t sigint_bit = 1U << (SIGINT - 1);

Snapshot blocking() {
    Snapshot look = trio_process();
    add_thread(look, driver_tid, "worker");
    for (Thread& thread : look.threads) thread.blocked.bits = sigint_bit;
    return look;
}

TEST(SigintBlocked, CountsThreads) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(blocking()));
    EXPECT_EQ(diagnosis.sentence, "Ctrl-C cannot work: all 2 threads block SIGINT.");
    EXPECT_TRUE(says(*find(diagnosis, code), "No SIGINT is pending now"));
}

TEST(SigintBlocked, SaysThatOneIsPending) {
    Snapshot look = blocking();
    look.process.pending.bits = sigint_bit;
    EXPECT_TRUE(says(*find(diagnose::diagnose(looked_at_twice(look)), code), "pending in the kernel"));
}

TEST(SigintBlocked, SilentWhenOneThreadTakesIt) {
    Snapshot look = blocking();
    thread_of(look, driver_tid).blocked.bits = 0;
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(SigintBlocked, MaskOfTheDeadDoesNotCount) {
    Snapshot look = blocking();
    thread_of(look, driver_tid).blocked.bits = 0;
    thread_of(look, driver_tid).state = 'Z';
    EXPECT_NE(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
    look.process.leader_is_zombie = true;
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(SigintBlocked, SilentWhenItIsThereInOneLookOnly) {
    Inspection inspection = looked_at_twice(blocking());
    thread_of(inspection.looks[0], driver_tid).blocked.bits = 0;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
    EXPECT_EQ(find(diagnose::diagnose(looked_at_once(blocking())), code)->confidence, Confidence::likely);
}

TEST(SigintBlocked, SilentWhileAThreadMayBeForking) {
    Snapshot look = trio_process();
    thread_of(look, main_tid).blocked.bits = 0xfffffffe7ffbfeff;
    EXPECT_NE(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr) << "it slept all the time";
    Inspection inspection = looked_at_twice(look);
    thread_of(inspection.looks[1], main_tid).slices += 1;
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

TEST(SigintBlocked, SilentForAnotherSignal) {
    Snapshot look = blocking();
    for (Thread& thread : look.threads) thread.blocked.bits = 1U << (SIGUSR1 - 1);
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

}  // namespace
}  // namespace subint_doctor::tests
