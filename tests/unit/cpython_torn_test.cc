// A patient that changes while it is read: what tore is read again; what stays torn is a needed gap.
#include <gtest/gtest.h>

#include <algorithm>

#include "gil_words.h"
#include "random_layout.h"
#include "sample_image.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;

constexpr Address unmapped{0x7fff00000000};

class Torn : public testing::Test {
protected:
    template <typename T>
    void set(Address structure, Field field, T value) {
        sample.memory.put_value(structure + *sample.layout.offset(field), value);
    }
    Address get(Address structure, Field field) {
        return *read_value<Address>(sample.memory, structure + *sample.layout.offset(field));
    }
    Result<cpython::Decoded> look() { return cpython::decode(sample.memory, sample.layout); }
    static bool has_needed_gap(const cpython::Decoded& decoded, const std::string& path, const std::string& reason) {
        return std::ranges::any_of(decoded.gaps, [&](const Gap& gap) {
            return gap.needed && gap.path == path && gap.reason.find(reason) != std::string::npos;
        });
    }

    // The pointer there is `wrong` until somebody read it `times` times.
    void wrong_for_a_while(Address structure, Field field, Address wrong, int times) {
        const Address at = structure + *sample.layout.offset(field);
        const Address right = get(structure, field);
        sample.memory.put_value(at, wrong);
        sample.memory.on_read_of(at, [this, at, right, left = times]() mutable {
            if (left-- == 0) sample.memory.put_value(at, right);
        });
    }

    // Every state's flag and every GIL agree: one answer, whoever is asked.
    static void expect_agreement(const Python& python) {
        for (const Gil& gil : python.gils) {
            int holders = 0;
            for (const Interpreter& interpreter : python.interpreters) {
                if (interpreter.gil != gil.id) continue;
                for (const ThreadState& state : interpreter.thread_states) {
                    holders += state.holds_gil ? 1 : 0;
                    EXPECT_EQ(state.holds_gil, gil.holder == state.address);
                }
            }
            EXPECT_EQ(holders, gil.holder ? 1 : 0);
        }
    }

    SampleImage sample = make_sample_image(random_layout(sample_runtime, 3));
};

TEST_F(Torn, ACircleOfInterpretersThatWasAMomentIsNone) {
    wrong_for_a_while(sample.main_interpreter, Field::interpreter_next, sample.isolated_interpreter, 1);
    const auto decoded = look();
    EXPECT_TRUE(decoded->gaps.empty());
    EXPECT_EQ(decoded->python.interpreters.size(), 3U);
}

TEST_F(Torn, AListOfThreadStatesIsReadAgain) {
    wrong_for_a_while(sample.worker_state, Field::thread_state_next, unmapped, 2);
    const auto decoded = look();
    EXPECT_TRUE(decoded->gaps.empty());
    EXPECT_EQ(decoded->python.interpreters[2].thread_states.size(), 2U);
}

TEST_F(Torn, AChainOfFramesIsReadAgain) {
    wrong_for_a_while(sample.worker_frame, Field::frame_previous, unmapped, 1);
    const auto decoded = look();
    EXPECT_TRUE(decoded->gaps.empty());
    const ThreadState& worker = decoded->python.interpreters[2].thread_states[0];
    EXPECT_TRUE(worker.frames_complete) << worker.frames_problem;
    EXPECT_EQ(worker.frames.size(), 2U);
    EXPECT_EQ(worker.python_name, "subint-driver[1]");
}

// A generator that is left while its frame is read has no caller any more: the stack did not end there.
TEST_F(Torn, AGeneratorThatWasLeftIsReadAgain) {
    set(sample.worker_frame, Field::frame_owner, std::uint8_t{1});
    wrong_for_a_while(sample.worker_frame, Field::frame_previous, Address{}, 1);
    const auto decoded = look();
    const ThreadState& worker = decoded->python.interpreters[2].thread_states[0];
    EXPECT_TRUE(worker.frames_complete) << worker.frames_problem;
    EXPECT_EQ(worker.frames.size(), 2U);

    set(sample.worker_frame, Field::frame_previous, Address{});
    const auto left = look();
    EXPECT_FALSE(left->python.interpreters[2].thread_states[0].frames_complete);
}

TEST_F(Torn, AListThatIsCutShortIsNoticed) {
    set(sample.legacy_interpreter, Field::interpreter_next, Address{});
    const auto decoded = look();
    EXPECT_EQ(decoded->python.interpreters.size(), 2U);
    EXPECT_TRUE(has_needed_gap(*decoded, "interpreters", "the main interpreter is not among them"));
}

TEST_F(Torn, NoInterpreterAtAllIsAGap) {
    set(sample.layout.runtime(), Field::runtime_interpreters_head, Address{});
    const auto decoded = look();
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(decoded->python.interpreters.empty());
    EXPECT_TRUE(has_needed_gap(*decoded, "interpreters", "there is none"));
}

TEST_F(Torn, AnInterpreterWithAnInsaneIdIsLeftOutWithAGap) {
    for (const std::int64_t id : {std::int64_t{12233280}, std::int64_t{-5}}) {
        set(sample.legacy_interpreter, Field::interpreter_id, id);
        const auto decoded = look();
        EXPECT_EQ(decoded->python.interpreters.size(), 2U);
        EXPECT_TRUE(has_needed_gap(*decoded, "interpreters", "out of order"));
    }
}

TEST_F(Torn, WhatBelongsToNoRuntimeIsNoInterpreter) {
    set(sample.legacy_interpreter, Field::interpreter_runtime, sample.layout.runtime() + 8);
    const auto decoded = look();
    EXPECT_EQ(decoded->python.interpreters.size(), 2U);
    EXPECT_TRUE(has_needed_gap(*decoded, "interpreters", "belongs to no runtime"));
}

TEST_F(Torn, GilFactsAgreeWhileTheGilChangesHands) {
    // With each reading the GIL goes on to the next of the three states; the flags follow one read later.
    const std::array states = {sample.main_state, sample.worker_state, sample.legacy_state};
    int n = 0;
    sample.memory.on_read_of(sample.shared_gil + *sample.layout.offset(Field::gil_last_holder), [&] {
        if (++n >= 4) return;
        set(sample.shared_gil, Field::gil_last_holder, states[static_cast<std::size_t>(n) % 3]);
    });
    sample.memory.on_read_of(sample.shared_gil + *sample.layout.offset(Field::gil_switch_number), [&] {
        for (const Address state : states) set(state, Field::thread_state_holds_gil, std::int32_t{0});
        set(get(sample.shared_gil, Field::gil_last_holder), Field::thread_state_holds_gil, std::int32_t{1});
    });
    const auto decoded = look();
    ASSERT_TRUE(decoded.ok());
    EXPECT_GE(n, 2);
    EXPECT_TRUE(decoded->gaps.empty());
    expect_agreement(decoded->python);
    EXPECT_EQ(decoded->python.gils[0].holder, get(sample.shared_gil, Field::gil_last_holder));
}

TEST_F(Torn, AGilThatContradictsItselfIsAGapAndOneAnswerEverywhere) {
    const auto contradictions = std::to_array<std::array<std::int32_t, 3>>({{0, 0, 1}, {0, 1, 1}, {1, 1, 1}});
    for (const auto& [locked, by_legacy, by_main] : contradictions) {
        set(sample.shared_gil, Field::gil_locked, locked);
        set(sample.legacy_state, Field::thread_state_holds_gil, by_legacy);
        set(sample.main_state, Field::thread_state_holds_gil, by_main);
        const auto decoded = look();
        EXPECT_TRUE(has_needed_gap(*decoded, "gils[0].holder_tid", "contradict")) << locked << by_legacy << by_main;
        expect_agreement(decoded->python);
    }
}

// A thread without a CPU between the stores of take_gil or drop_gil.
TEST_F(Torn, AGilThatChangesHandsIsHeldByNobodyAndNoGap) {
    const auto between = std::to_array<std::array<std::int32_t, 2>>({{1, 0}, {0, 1}});
    for (const auto& [locked, by_legacy] : between) {
        set(sample.shared_gil, Field::gil_locked, locked);
        set(sample.legacy_state, Field::thread_state_holds_gil, by_legacy);
        const auto decoded = look();
        EXPECT_TRUE(decoded->gaps.empty()) << locked << by_legacy;
        EXPECT_EQ(decoded->python.gils[0].locked, locked == 1);
        EXPECT_EQ(decoded->python.gils[0].holder, std::nullopt);
        expect_agreement(decoded->python);
    }
}

TEST_F(Torn, GilsCanBeReadAgainAfterTheRest) {
    auto decoded = look();
    set(sample.legacy_state, Field::thread_state_holds_gil, std::int32_t{0});
    set(sample.main_state, Field::thread_state_holds_gil, std::int32_t{1});
    set(sample.shared_gil, Field::gil_last_holder, sample.main_state);
    decoded->python.interpreters[2].thread_states[1].holds_gil = true;  // it was read again, and is alone with that
    cpython::read_gils_again(sample.memory, sample.layout, decoded->python, decoded->gaps);
    EXPECT_TRUE(decoded->gaps.empty());
    EXPECT_EQ(decoded->python.gils[0].holder, sample.main_state);
    expect_agreement(decoded->python);
}

TEST_F(Torn, AGilWhoseHolderIsInNoListIsAGap) {
    set(sample.own_gil, Field::gil_locked, std::int32_t{1});
    const auto decoded = look();
    EXPECT_TRUE(has_needed_gap(*decoded, "gils[1].holder_tid", "contradict"));
    EXPECT_EQ(decoded->python.gils[1].holder, std::nullopt);
    expect_agreement(decoded->python);
}

}  // namespace
}  // namespace subint_doctor::test
