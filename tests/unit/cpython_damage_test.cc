#include <gtest/gtest.h>

#include <algorithm>

#include "block_cache.h"
#include "decode_frames.h"
#include "python_image.h"
#include "random_layout.h"
#include "sample_image.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;

constexpr Address unmapped{0x7fff00000000};

class Damage : public testing::Test {
protected:
    template <typename T>
    void set(Address structure, Field field, T value) {
        sample.memory.put_value(structure + *sample.layout.offset(field), value);
    }
    Address get(Address structure, Field field) {
        return *read_value<Address>(sample.memory, structure + *sample.layout.offset(field));
    }
    Result<cpython::Decoded> look() { return cpython::decode(sample.memory, sample.layout); }
    static bool has_gap(const cpython::Decoded& decoded, const std::string& path, const std::string& reason) {
        return std::any_of(decoded.gaps.begin(), decoded.gaps.end(), [&](const Gap& gap) {
            return gap.path == path && gap.reason.find(reason) != std::string::npos;
        });
    }

    SampleImage sample = make_sample_image(random_layout(sample_runtime, 3));
};

TEST_F(Damage, CircularInterpreterListEnds) {
    set(sample.main_interpreter, Field::interpreter_next, sample.isolated_interpreter);
    const auto decoded = look();
    EXPECT_EQ(decoded->python.interpreters.size(), 3U);
    EXPECT_TRUE(has_gap(*decoded, "interpreters", "circles"));
}

TEST_F(Damage, UnreadableInterpreterEndsTheList) {
    set(sample.legacy_interpreter, Field::interpreter_next, unmapped);
    const auto decoded = look();
    EXPECT_EQ(decoded->python.interpreters.size(), 2U);
    EXPECT_TRUE(has_gap(*decoded, "interpreters", "ends early"));
}

TEST_F(Damage, UnreadableHeadIsAnError) {
    sample.layout.set_offset(Field::runtime_interpreters_head, unmapped.value);
    EXPECT_EQ(look().error().code, ErrorCode::unreadable);
}

TEST_F(Damage, CircularThreadStateListEnds) {
    set(sample.main_state, Field::thread_state_next, sample.worker_state);
    const auto decoded = look();
    EXPECT_EQ(decoded->python.interpreters[2].thread_states.size(), 2U);
    EXPECT_TRUE(has_gap(*decoded, "interpreters[0].thread_states", "circles"));
}

TEST_F(Damage, ThreadStateOfAnotherInterpreterEndsTheList) {
    set(sample.main_state, Field::thread_state_interp, sample.isolated_interpreter);
    const auto decoded = look();
    EXPECT_EQ(decoded->python.interpreters[2].thread_states.size(), 1U);
    EXPECT_TRUE(has_gap(*decoded, "interpreters[0].thread_states", "another interpreter"));
}

TEST_F(Damage, CircularFramesAreShownOnce) {
    const Address second = get(sample.worker_frame, Field::frame_previous);
    const Address third = get(second, Field::frame_previous);
    set(third, Field::frame_previous, second);
    const ThreadState state = look()->python.interpreters[2].thread_states[0];
    EXPECT_EQ(state.frames.size(), 1U);
    EXPECT_FALSE(state.frames_complete);
    EXPECT_EQ(state.frames_problem, "the list of frames goes in circles");
}

TEST_F(Damage, EndlessFramesAreCut) {
    const Address first = get(sample.worker_state, Field::thread_state_current_frame);
    std::vector<std::byte> frame(2048);
    ASSERT_TRUE(read_exact(sample.memory, get(first, Field::frame_previous), frame).ok());
    const std::uint64_t count = cpython::max_frames_per_thread + 1;
    Address at{0x10000000};
    set(sample.worker_state, Field::thread_state_current_frame, at);
    for (std::uint64_t i = 0; i < count; ++i, at = at + frame.size()) {
        sample.memory.put(at, frame);
        set(at, Field::frame_previous, at + frame.size());
    }
    const ThreadState state = look()->python.interpreters[2].thread_states[0];
    EXPECT_FALSE(state.frames_complete);
    EXPECT_EQ(state.frames_problem, "more than 10000 frames");
}

TEST_F(Damage, UnreadableFrameEndsTheStackWithAReason) {
    set(get(sample.worker_frame, Field::frame_previous), Field::frame_previous, unmapped);
    const ThreadState state = look()->python.interpreters[2].thread_states[0];
    EXPECT_FALSE(state.frames_complete);
    EXPECT_NE(state.frames_problem.find("0x7fff"), std::string::npos) << state.frames_problem;
}

TEST_F(Damage, UnreadableCodeIsLeftOutWithAReason) {
    const Address frame = get(sample.main_state, Field::thread_state_current_frame);
    set(frame, Field::frame_executable, unmapped);
    const ThreadState state = look()->python.interpreters[2].thread_states[1];
    EXPECT_TRUE(state.frames.empty());
    EXPECT_FALSE(state.frames_complete);
    EXPECT_NE(state.frames_problem, "");
}

TEST_F(Damage, UnreadableGilIsAGap) {
    set(sample.isolated_interpreter, Field::interpreter_ceval_gil, unmapped);
    const auto decoded = look();
    EXPECT_EQ(decoded->python.gils.size(), 1U);
    EXPECT_EQ(decoded->python.interpreters[0].gil, -1);
    EXPECT_TRUE(has_gap(*decoded, "interpreters[2].gil", ""));
}

TEST_F(Damage, AnInterpreterWithoutGilIsNone) {
    set(sample.isolated_interpreter, Field::interpreter_ceval_gil, Address{});
    const auto decoded = look();
    EXPECT_EQ(decoded->python.interpreters[0].gil, -1);
    EXPECT_TRUE(decoded->gaps.empty());
}

TEST_F(Damage, WithoutTheTableWhatItHoldsBecomesGaps) {
    cpython::Layout layout;
    layout.set_identity(sample_runtime, sample.layout.version_hex(), false, false);
    layout.refuse_table("unknown layout: for the test");
    constexpr Field published[] = {Field::runtime_interpreters_head, Field::interpreter_id,     Field::interpreter_next,
                                   Field::interpreter_threads_head,  Field::interpreter_gc,     Field::gc_collecting,
                                   Field::interpreter_ceval_gil,     Field::gil_locked,         Field::gil_last_holder,
                                   Field::thread_state_next,         Field::thread_state_interp};
    for (const Field field : published) layout.set_offset(field, *sample.layout.offset(field));
    const auto decoded = cpython::decode(sample.memory, layout);
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(has_gap(*decoded, "signals", "unknown layout: for the test"));
    EXPECT_TRUE(has_gap(*decoded, "interpreters.kind", "unknown layout: for the test"));
    EXPECT_EQ(decoded->python.interpreters.size(), 3U);
    EXPECT_EQ(decoded->python.interpreters[0].kind, InterpreterKind::other);
    EXPECT_EQ(decoded->python.signals.wakeup_fd, -1);
}

// Memory with one hole: what touches it cannot be read, however often it is tried.
class HoleMemory final : public MemoryReader {
public:
    HoleMemory(const MemoryReader& memory, AddressRange hole) : memory_(memory), hole_(hole) {}

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override {
        if (hole_.contains(from)) return Error{ErrorCode::unreadable, "reading memory", from};
        const std::uint64_t room = from < hole_.start ? hole_.start.value - from.value : into.size();
        return memory_.read_some(from, into.first(std::min<std::uint64_t>(room, into.size())));
    }

private:
    const MemoryReader& memory_;
    AddressRange hole_;
};

// Everything that a rule may rest on; names and lines may be missing without a word.
std::string facts(const cpython::Decoded& decoded) {
    const Python& python = decoded.python;
    std::string text = std::to_string(python.signals.wakeup_fd) + python.signals.sigint_handler.value_or("?") +
                       std::to_string(python.signals.tripped.size()) + std::to_string(python.initialized);
    for (const Interpreter& interpreter : python.interpreters) {
        text += "\ninterpreter " + std::to_string(interpreter.id) + " gil " + std::to_string(interpreter.gil) +
                interpreter.whence + std::to_string(static_cast<int>(interpreter.kind));
        for (const ThreadState& state : interpreter.thread_states) {
            text += "\n  state " + std::to_string(state.address.value) + " " + std::to_string(state.eval_breaker) +
                    std::to_string(state.holds_gil) + std::to_string(state.namespace_tid);
            for (const Frame& frame : state.frames) text += " " + python.codes[frame.code].qualname;
        }
    }
    for (const Gil& gil : python.gils) {
        text += "\ngil " + std::to_string(gil.switch_number) + std::to_string(gil.locked) +
                std::to_string(gil.holder.value_or(Address{}).value);
    }
    return text;
}

bool admits_a_loss(const Result<cpython::Decoded>& decoded) {
    if (!decoded || !decoded->gaps.empty()) return true;
    for (const Interpreter& interpreter : decoded->python.interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (!state.frames_problem.empty()) return true;
        }
    }
    return false;
}

TEST_F(Damage, WhateverCannotBeReadIsAdmitted) {
    const std::string whole = facts(*look());
    constexpr std::uint64_t hole_size = 256;
    int losses = 0;
    for (std::uint64_t at = 0; at < sample_size; at += hole_size) {
        const HoleMemory memory(sample.memory, {sample_runtime + at, hole_size});
        const Result<cpython::Decoded> decoded = cpython::decode(memory, sample.layout);
        if (decoded && facts(*decoded) == whole) continue;
        ++losses;
        EXPECT_TRUE(admits_a_loss(decoded)) << "hole at " << at << "\n" << facts(*decoded) << "\ninstead of " << whole;
    }
    EXPECT_GT(losses, 30) << "the holes missed the image";
}

TEST_F(Damage, EveryReadMayFailOnce) {
    const std::string whole = facts(*look());
    const int reads = sample.memory.reads();
    ASSERT_GT(reads, 50);
    for (int n = 1; n <= reads; ++n) {
        sample.memory.fail_nth_read(n);
        const Result<cpython::Decoded> decoded = look();
        EXPECT_TRUE(admits_a_loss(decoded) || facts(*decoded) == whole) << "read number " << n;
    }
}

}  // namespace
}  // namespace subint_doctor::test
