#include <gtest/gtest.h>

#include "fake_memory.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::cpython {
namespace {

constexpr Address state{0x10000};
constexpr Address frame{0x20000};
constexpr Address other_frame{0x30000};
constexpr Address instruction{0x40000};
constexpr std::uint64_t current_frame = 24;
constexpr std::uint64_t gil_word = 16;
constexpr std::uint64_t instr_ptr = 40;
constexpr std::uint64_t stack = 8;

Layout layout_of(bool with_stackpointer) {
    Layout layout;
    layout.set_offset(Field::thread_state_current_frame, current_frame);
    layout.set_offset(Field::thread_state_holds_gil, gil_word);
    layout.set_offset(Field::frame_instr_ptr, instr_ptr);
    if (with_stackpointer) layout.set_offset(Field::frame_stackpointer, stack);
    return layout;
}

test::FakeMemory memory_with(Address top) {
    test::FakeMemory memory;
    memory.put_value<std::uint32_t>(state + gil_word, 1);
    memory.put_value<std::uint64_t>(state + current_frame, top.value);
    memory.put_value<std::uint64_t>(frame + stack, 0x5000);
    memory.put_value<std::uint64_t>(frame + instr_ptr, instruction.value);
    return memory;
}

TEST(PositionOf, IsTheInnermostFramesInstruction) {
    const auto old = position_of(memory_with(frame), layout_of(false), state);
    ASSERT_TRUE(old);
    EXPECT_EQ(*old, (Position{true, frame, instruction, 0}));
    const auto with_stack = position_of(memory_with(frame), layout_of(true), state);
    ASSERT_TRUE(with_stack);
    EXPECT_EQ(*with_stack, (Position{true, frame, instruction, 0x5000}));
}

TEST(PositionOf, NoFrameIsAPositionToo) {
    const auto position = position_of(memory_with({0}), layout_of(true), state);
    ASSERT_TRUE(position);
    EXPECT_EQ(*position, (Position{true, {}, {}, 0}));
}

TEST(PositionOf, AnExpectedFrameThatIsNoLongerInnermostDiffers) {
    test::FakeMemory memory = memory_with(frame);
    const auto first = position_of(memory, layout_of(true), state);
    ASSERT_TRUE(first);
    EXPECT_EQ(*position_of(memory, layout_of(true), state, frame), *first);
    memory.put_value(state + current_frame, other_frame);
    EXPECT_NE(*position_of(memory, layout_of(true), state, frame), *first);
}

TEST(PositionOf, TheGilMayBeABitOfTheStatus) {
    Layout layout;
    layout.set_offset(Field::thread_state_current_frame, current_frame);
    layout.set_offset(Field::thread_state_status, gil_word);
    layout.set_offset(Field::thread_state_holds_gil_bit, 5);
    test::FakeMemory memory = memory_with(frame);
    EXPECT_FALSE(position_of(memory, layout, state)->holds_gil);
    memory.put_value<std::uint32_t>(state + gil_word, 1U << 5);
    EXPECT_TRUE(position_of(memory, layout, state)->holds_gil);
}

TEST(PositionOf, AFrameThatCannotBeReadIsAnError) {
    EXPECT_FALSE(position_of(memory_with({0x666000}), layout_of(true), state));
}

TEST(JumpsBack, IsTheOpcodeOfAnyLoop) {
    Layout layout;
    layout.set_offset(Field::opcode_jump_backward, 75);
    layout.set_offset(Field::opcode_enter_executor, 255);
    test::FakeMemory memory;
    memory.put_value<std::uint8_t>(instruction, 75);
    EXPECT_TRUE(jumps_back(memory, layout, instruction));
    memory.put_value<std::uint8_t>(instruction, 255);
    EXPECT_TRUE(jumps_back(memory, layout, instruction));
    memory.put_value<std::uint8_t>(instruction, 76);
    EXPECT_FALSE(jumps_back(memory, layout, instruction));
    EXPECT_FALSE(jumps_back(memory, layout, instruction + 4));
}

}  // namespace
}  // namespace subint_doctor::cpython
