#include <gtest/gtest.h>

#include <array>

#include "fake_memory.h"

namespace subint_doctor::test {
namespace {

TEST(FakeMemory, GivesWhatWasPutThere) {
    FakeMemory memory;
    memory.put_value<std::uint32_t>({0x1000}, 7);
    memory.put_value<std::uint32_t>({0x1004}, 8);
    EXPECT_EQ(read_value<std::uint32_t>(memory, {0x1000}).value_or(0), 7U);
    EXPECT_EQ(read_value<std::uint64_t>(memory, {0x1000}).value_or(0), 0x8'0000'0007U);
    EXPECT_FALSE(read_value<std::uint64_t>(memory, {0x1004}));
    EXPECT_FALSE(read_value<std::uint8_t>(memory, {0xfff}));
    EXPECT_FALSE(read_value<std::uint8_t>(memory, {0x1008}));
}

TEST(FakeMemory, JoinsAndOverwritesPieces) {
    FakeMemory memory;
    memory.put_value<std::uint64_t>({0x2008}, ~0ULL);
    memory.put_value<std::uint64_t>({0x2000}, 1);
    memory.put_value<std::uint64_t>({0x2004}, 0);
    std::array<std::byte, 16> bytes{};
    EXPECT_TRUE(read_exact(memory, {0x2000}, bytes).ok());
    EXPECT_EQ(read_value<std::uint32_t>(memory, {0x2008}).value_or(9), 0U);
    EXPECT_EQ(read_value<std::uint32_t>(memory, {0x200c}).value_or(0), 0xffff'ffffU);
}

TEST(FakeMemory, AReadEndsWithItsPiece) {
    FakeMemory memory;
    memory.put_value<std::uint16_t>({0x3000}, 5);
    std::array<std::byte, 8> bytes{};
    EXPECT_EQ(memory.read_some({0x3001}, bytes).value_or(0), 1U);
}

TEST(FakeMemory, TheChosenReadFailsAndNoOther) {
    FakeMemory memory;
    memory.put_value<char>({0x1000}, 'x');
    memory.fail_nth_read(2);
    EXPECT_TRUE(read_value<char>(memory, {0x1000}));
    EXPECT_FALSE(read_value<char>(memory, {0x1000}));
    EXPECT_TRUE(read_value<char>(memory, {0x1000}));
    EXPECT_EQ(memory.reads(), 3);
}

}  // namespace
}  // namespace subint_doctor::test
