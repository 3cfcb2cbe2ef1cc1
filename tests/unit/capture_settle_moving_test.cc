#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_target.h"
#include "random_layout.h"
#include "sample_image.h"
#include "settle_moving.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::capture {
namespace {

using cpython::Field;

constexpr int main_tid = 4242;
constexpr int driver_tid = 4244;
constexpr std::uint64_t ms = 1'000'000;

// Two looks at the sample: main sleeps, the driver's thread runs a legacy sub-interpreter and holds the shared GIL, which
// nobody asks for.
class SettleMoving : public testing::Test {
protected:
    SettleMoving() {
        sample_.memory.put_value<std::uint8_t>(instruction(), 0);
        patient_.fake_memory = sample_.memory;
        Result<cpython::Decoded> decoded = cpython::decode(patient_.fake_memory, sample_.layout);
        Snapshot look;
        look.python = std::move(decoded->python);
        for (Interpreter& interpreter : look.python->interpreters) {
            for (ThreadState& state : interpreter.thread_states) state.tid = state.namespace_tid;
        }
        look.python->gils[0].drop_requested = false;
        look.threads = {thread(main_tid, 'S'), thread(driver_tid, 'R')};
        look.threads[1].on_cpu = true;
        look.threads[1].ran_while_read = true;
        inspection_.looks = {look, look};
    }

    static Thread thread(int tid, char state) {
        Thread found;
        found.tid = tid;
        found.state = state;
        return found;
    }

    Address field(Address structure, Field name) const { return structure + *sample_.layout.offset(name); }
    Address instruction_word() const {
        const auto frame = field(sample_.legacy_state, Field::thread_state_current_frame);
        return field(*read_value<Address>(sample_.memory, frame), Field::frame_instr_ptr);
    }
    Address instruction() const { return *read_value<Address>(sample_.memory, instruction_word()); }

    void runs_bytecode() {
        patient_.fake_memory.on_read([this] {
            const std::uint64_t unit = turn_++ % 97;  // whatever number of reads one look takes
            patient_.fake_memory.put_value(instruction_word(), instruction_ + 2 * unit);
        });
    }
    void uses_cpu() {
        patient_.fake_memory.on_read([this] { patient_.cpu_ns += ms / 10; });
    }

    void settle() { settle_moving(patient_, sample_.layout, options_, clock_, inspection_); }
    Thread& driver() { return inspection_.looks.back().threads[1]; }

    test::SampleImage sample_ = test::make_sample_image(test::random_layout(test::sample_runtime, 1));
    Address instruction_ = instruction();
    std::uint64_t turn_ = 0;
    test::FakeTarget patient_;
    test::FakeClock clock_;
    Options options_;
    Inspection inspection_;
};

TEST_F(SettleMoving, WhatSleptIsNotReadAgain) {
    driver().ran_while_read = false;
    const int reads = patient_.fake_memory.reads();
    settle();
    EXPECT_EQ(patient_.fake_memory.reads(), reads);
    EXPECT_TRUE(inspection_.consistent);
}

TEST_F(SettleMoving, FramesThatStandStillNeedNoHold) {
    uses_cpu();
    settle();
    EXPECT_TRUE(patient_.held.empty());
    EXPECT_FALSE(driver().moved);
    EXPECT_FALSE(driver().frames_stirred);
    EXPECT_TRUE(inspection_.consistent);
    EXPECT_TRUE(inspection_.gaps.empty());
}

TEST_F(SettleMoving, FramesThatMoveAreHeldForOneRead) {
    runs_bytecode();
    settle();
    EXPECT_EQ(patient_.held, std::vector<int>{driver_tid});
    EXPECT_EQ(inspection_.stopped_tids, std::vector<int>{driver_tid});
    EXPECT_GT(inspection_.pause_us, 0U);
    EXPECT_EQ(inspection_.held_us, inspection_.pause_us);
    EXPECT_TRUE(driver().frames_stirred);
    EXPECT_FALSE(driver().moved);
}

TEST_F(SettleMoving, NothingIsHeldWhereThatIsForbidden) {
    runs_bytecode();
    options_.may_stop = false;
    settle();
    EXPECT_TRUE(patient_.held.empty());
    EXPECT_TRUE(driver().moved);
    EXPECT_FALSE(inspection_.consistent);
    EXPECT_TRUE(inspection_.gaps.empty());
}

TEST_F(SettleMoving, NothingIsHeldOnceTheAllowanceIsSpent) {
    runs_bytecode();
    options_.max_pause_ms = 0;
    settle();
    EXPECT_TRUE(patient_.held.empty());
    EXPECT_TRUE(driver().moved);
}

TEST_F(SettleMoving, WhatEarlierHoldsSpentIsSpent) {
    runs_bytecode();
    inspection_.held_us = static_cast<std::uint64_t>(options_.max_pause_ms) * 1'000;
    settle();
    EXPECT_TRUE(patient_.held.empty());
    EXPECT_TRUE(driver().moved);
}

// The frames are those of a later moment; whose the GIL is was joined at the look's.
TEST_F(SettleMoving, WhoHoldsTheGilStaysThatOfTheLook) {
    patient_.fake_memory.put_value<std::int32_t>(field(sample_.legacy_state, Field::thread_state_holds_gil), 0);
    if (const auto bit = sample_.layout.offset(Field::thread_state_holds_gil_bit)) {
        patient_.fake_memory.put_value<std::uint32_t>(field(sample_.legacy_state, Field::thread_state_status), 0);
    }
    settle();
    const Python& python = *inspection_.last().python;
    int holders = 0;
    for (const Interpreter& interpreter : python.interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (!state.holds_gil) continue;
            ++holders;
            EXPECT_EQ(python.gils[0].holder, state.address);
        }
    }
    EXPECT_EQ(holders, 1);
}

TEST_F(SettleMoving, NothingIsReadOnceTheTimeIsOver) {
    runs_bytecode();
    options_.timeout_ms = 1;
    settle();
    EXPECT_TRUE(patient_.held.empty());
    EXPECT_TRUE(driver().moved);
    EXPECT_FALSE(inspection_.consistent);
}

TEST_F(SettleMoving, WhatWentToSleepIsNotHeld) {
    runs_bytecode();
    driver().state = 'S';
    driver().on_cpu = false;
    settle();
    EXPECT_TRUE(patient_.held.empty());
    EXPECT_TRUE(driver().moved);
}

TEST_F(SettleMoving, WhatDoesNotStopStaysTorn) {
    runs_bytecode();
    patient_.unstoppable = {driver_tid};
    settle();
    EXPECT_TRUE(driver().moved);
    EXPECT_TRUE(inspection_.stopped_tids.empty());
    EXPECT_TRUE(inspection_.gaps.empty());
}

TEST_F(SettleMoving, AHolderThatLetGoIsInNoCCall) {
    patient_.fake_memory.put_value<std::int32_t>(field(sample_.legacy_state, Field::thread_state_holds_gil), 0);
    if (const auto bit = sample_.layout.offset(Field::thread_state_holds_gil_bit)) {
        patient_.fake_memory.put_value<std::uint32_t>(field(sample_.legacy_state, Field::thread_state_status), 0);
    }
    settle();
    EXPECT_TRUE(driver().frames_stirred);
    EXPECT_TRUE(inspection_.gaps.empty());
}

TEST_F(SettleMoving, ABackwardJumpIsBytecode) {
    sample_.layout.set_offset(Field::opcode_jump_backward, 75);
    patient_.fake_memory.put_value<std::uint8_t>(instruction_, 75);
    settle();
    EXPECT_TRUE(driver().frames_stirred);
}

TEST_F(SettleMoving, AGarbageCollectionAtABackwardJumpIsNot) {
    sample_.layout.set_offset(Field::opcode_jump_backward, 75);
    uses_cpu();
    patient_.fake_memory.put_value<std::uint8_t>(instruction_, 75);
    for (Interpreter& interpreter : inspection_.looks.back().python->interpreters) interpreter.collecting = true;
    settle();
    EXPECT_FALSE(driver().frames_stirred);
    EXPECT_TRUE(inspection_.gaps.empty());
}

TEST_F(SettleMoving, AHolderThatCannotBeReadIsAGapWithThatReason) {
    patient_.fake_memory.put_value<std::uint64_t>(field(sample_.legacy_state, Field::thread_state_current_frame),
                                                  0x666000);
    settle();
    ASSERT_EQ(inspection_.gaps.size(), 1U);
    EXPECT_NE(inspection_.gaps[0].reason.find("could not be read"), std::string::npos);
}

TEST_F(SettleMoving, AHolderWithoutACpuIsAGap) {
    settle();
    EXPECT_FALSE(driver().frames_stirred);
    ASSERT_EQ(inspection_.gaps.size(), 1U);
    EXPECT_EQ(inspection_.gaps[0].path, "motion.moved_tids");
    EXPECT_NE(inspection_.gaps[0].reason.find("got no CPU"), std::string::npos);
    EXPECT_TRUE(inspection_.gaps[0].needed);
}

// It was asked in both looks to let go, and did not: there is nothing left to watch for.
TEST_F(SettleMoving, ADeafHolderIsNotWatched) {
    for (Snapshot& look : inspection_.looks) look.python->gils[0].drop_requested = true;
    settle();
    EXPECT_FALSE(driver().frames_stirred);
    EXPECT_TRUE(inspection_.gaps.empty());
}

TEST_F(SettleMoving, OneLookWatchesNobody) {
    inspection_.looks.pop_back();
    settle();
    EXPECT_TRUE(inspection_.gaps.empty());
}

}  // namespace
}  // namespace subint_doctor::capture
