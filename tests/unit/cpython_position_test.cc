#include <gtest/gtest.h>

#include "fake_memory.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::cpython {
namespace {

constexpr Address state{0x10000};
constexpr Address frame{0x20000};
constexpr std::uint64_t current_frame = 24;
constexpr std::uint64_t instruction = 40;
constexpr std::uint64_t stack = 8;

Layout layout_of(bool with_stackpointer) {
    Layout layout;
    layout.set_offset(Field::thread_state_current_frame, current_frame);
    layout.set_offset(Field::frame_instr_ptr, instruction);
    if (with_stackpointer) layout.set_offset(Field::frame_stackpointer, stack);
    return layout;
}

test::FakeMemory memory_with(Address top, std::uint64_t spilled) {
    test::FakeMemory memory;
    memory.put_value<std::uint64_t>(state + current_frame, top.value);
    memory.put_value<std::uint64_t>(frame + stack, spilled);
    memory.put_value<std::uint64_t>(frame + instruction, 0x4242);
    return memory;
}

TEST(PositionOf, IsTheInnermostFramesInstruction) {
    const auto position = position_of(memory_with(frame, 0), layout_of(false), state);
    ASSERT_TRUE(position);
    EXPECT_EQ(*position, (Position{frame, {0x4242}, std::nullopt}));
}

TEST(PositionOf, ASpilledStackPointerIsACall) {
    EXPECT_EQ(position_of(memory_with(frame, 0x5000), layout_of(true), state)->in_call, true);
    EXPECT_EQ(position_of(memory_with(frame, 0), layout_of(true), state)->in_call, false);
}

TEST(PositionOf, NoFrameIsAPositionToo) {
    const auto position = position_of(memory_with({0}, 0), layout_of(true), state);
    ASSERT_TRUE(position);
    EXPECT_EQ(*position, Position{});
}

TEST(PositionOf, AFrameThatCannotBeReadIsAnError) {
    EXPECT_FALSE(position_of(memory_with({0x666000}, 0), layout_of(true), state));
}

}  // namespace
}  // namespace subint_doctor::cpython
