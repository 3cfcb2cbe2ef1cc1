#include <gtest/gtest.h>

#include "motion.h"

namespace subint_doctor::capture {
namespace {

Snapshot look_with(std::uint64_t run_ns, std::uint64_t fingerprint, WaitKind kind) {
    Snapshot look;
    Thread thread;
    thread.tid = 7;
    thread.run_ns = run_ns;
    thread.wait.kind = kind;
    look.threads = {thread};
    ThreadState state;
    state.tid = 7;
    state.address = {0x1000};
    state.frames_fingerprint = fingerprint;
    Interpreter main;
    main.thread_states = {state};
    look.python.emplace();
    look.python->interpreters = {main};
    return look;
}

std::vector<int> moved(Snapshot before, Snapshot after) {
    Inspection inspection;
    inspection.looks = {std::move(before), std::move(after)};
    find_motion(inspection);
    return inspection.moved_tids;
}

const std::vector<int> nobody;
const std::vector<int> seven{7};

TEST(FindMotion, ASleeperDoesNotMove) {
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::lock), look_with(100, 1, WaitKind::lock)), nobody);
}

TEST(FindMotion, CpuTimeIsMotion) {
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::running), look_with(200, 1, WaitKind::running)), seven);
}

TEST(FindMotion, OtherFramesAreMotion) {
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::lock), look_with(100, 2, WaitKind::lock)), seven);
}

TEST(FindMotion, AGilWaiterThatBlinksDoesNotMove) {
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::gil), look_with(200, 1, WaitKind::gil)), nobody);
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::gil), look_with(200, 1, WaitKind::running)), nobody);
}

TEST(FindMotion, AThreadThatPollsIsAWaiter) {
    constexpr std::uint64_t interval_ns = 27'000'000;
    Snapshot later = look_with(100 + interval_ns / 20, 1, WaitKind::sleep);
    later.started_ns = interval_ns;
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::sleep), later), nobody);
    later.threads[0].run_ns = 100 + interval_ns / 2;
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::sleep), later), seven) << "it works between its naps";
    later.threads[0].run_ns = 200;
    later.python->interpreters[0].thread_states[0].frames_fingerprint = 2;
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::sleep), later), seven) << "it is elsewhere";
}

TEST(FindMotion, AGilWaiterWithOtherFramesGotTheGilInBetween) {
    EXPECT_EQ(moved(look_with(100, 1, WaitKind::gil), look_with(200, 2, WaitKind::gil)), seven);
}

TEST(FindMotion, AThreadThatWasNotThereBeforeMoved) {
    Snapshot before = look_with(100, 1, WaitKind::lock);
    before.threads.clear();
    EXPECT_EQ(moved(before, look_with(100, 1, WaitKind::lock)), seven);
}

TEST(FindMotion, OneLookKnowsOnlyWhatTheReadItselfSaw) {
    Inspection inspection;
    inspection.looks = {look_with(100, 1, WaitKind::running)};
    find_motion(inspection);
    EXPECT_EQ(inspection.moved_tids, nobody);
    inspection.looks[0].threads[0].moved = true;
    find_motion(inspection);
    EXPECT_EQ(inspection.moved_tids, seven);
}

}  // namespace
}  // namespace subint_doctor::capture
