#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "expression.h"

namespace subint_doctor::native {
namespace {

using Value = std::optional<std::uint64_t>;

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

// Registers are their numbers times 0x100; memory from 0x1000 to 0x2000 is its address plus 1.
Value computed(std::initializer_list<unsigned> values, Value first = {}) {
    std::vector<std::byte> expression;
    for (const unsigned value : values) expression.push_back(static_cast<std::byte>(value));
    arch::Registers registers{};
    for (std::size_t number = 0; number < registers.size(); ++number) registers[number] = number * 0x100;
    return compute(expression, registers, first, [](std::uint64_t address) -> Value {
        if (address < 0x1000 || address >= 0x2000) return std::nullopt;
        return address + 1;
    });
}

TEST(Expression, ARegisterThatIsNotKnownGivesNothing) {
    const arch::Registers unknown{};
    const std::vector<std::byte> of_register_3 = {std::byte{0x73}, std::byte{0}};
    EXPECT_FALSE(compute(of_register_3, unknown, {}, [](std::uint64_t) -> Value { return 1; }));
}

TEST(Expression, Constants) {
    EXPECT_EQ(computed({0x30 + 7}), 7);
    EXPECT_EQ(computed({0x08, 0xff}), 0xff);
    EXPECT_EQ(computed({0x09, 0xff}), all_ones);
    EXPECT_EQ(computed({0x0a, 0x34, 0x12}), 0x1234);
    EXPECT_EQ(computed({0x0b, 0xff, 0xff}), all_ones);
    EXPECT_EQ(computed({0x0c, 1, 0, 0, 0x80}), 0x8000'0001);
    EXPECT_EQ(computed({0x0d, 0xff, 0xff, 0xff, 0xff}), all_ones);
    EXPECT_EQ(computed({0x0e, 8, 7, 6, 5, 4, 3, 2, 1}), 0x0102'0304'0506'0708);
    EXPECT_EQ(computed({0x10, 0x80, 1}), 128);
    EXPECT_EQ(computed({0x11, 0x7f}), all_ones);
}

TEST(Expression, RegistersAndMemory) {
    EXPECT_EQ(computed({0x77, 8}), 0x708);
    EXPECT_EQ(computed({0x76, 0x78}), 0x5f8);
    EXPECT_EQ(computed({0x92, 16, 1}), 0x1001);
    EXPECT_EQ(computed({0x92, 16, 1, 0x06}), 0x1002);
    EXPECT_EQ(computed({0x80, 0x00, 0x94, 1}), 1) << "of the word there the lowest byte";
    EXPECT_EQ(computed({0x06}, 0x1ff0), 0x1ff1) << "the first value is there at the beginning";
}

TEST(Expression, Arithmetic) {
    EXPECT_EQ(computed({0x35, 0x33, 0x22}), 8);
    EXPECT_EQ(computed({0x35, 0x33, 0x1c}), 2);
    EXPECT_EQ(computed({0x35, 0x33, 0x1e}), 15);
    EXPECT_EQ(computed({0x37, 0x32, 0x1b}), 3);
    EXPECT_EQ(computed({0x37, 0x34, 0x1d}), 3);
    EXPECT_EQ(computed({0x33, 0x1f, 0x19}), 3);
    EXPECT_EQ(computed({0x36, 0x33, 0x1a}), 2);
    EXPECT_EQ(computed({0x36, 0x33, 0x21}), 7);
    EXPECT_EQ(computed({0x36, 0x33, 0x27}), 5);
    EXPECT_EQ(computed({0x30, 0x20}), all_ones);
    EXPECT_EQ(computed({0x31, 0x34, 0x24}), 16);
    EXPECT_EQ(computed({0x31, 0x1f, 0x08, 63, 0x25}), 1);
    EXPECT_EQ(computed({0x31, 0x1f, 0x08, 63, 0x26}), all_ones);
    EXPECT_EQ(computed({0x31, 0x08, 64, 0x24}), 0);
    EXPECT_EQ(computed({0x31, 0x23, 0x80, 1}), 129);
    // The most negative number by minus one.
    EXPECT_EQ(computed({0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x1b}), std::uint64_t{1} << 63);
}

TEST(Expression, TheStack) {
    EXPECT_EQ(computed({0x31, 0x32, 0x16}), 1);
    EXPECT_EQ(computed({0x31, 0x32, 0x14}), 1);
    EXPECT_EQ(computed({0x31, 0x32, 0x33, 0x17}), 2);
    EXPECT_EQ(computed({0x31, 0x32, 0x33, 0x15, 2}), 1);
    EXPECT_EQ(computed({0x31, 0x12, 0x22}), 2);
    EXPECT_EQ(computed({0x31, 0x32, 0x13}), 1);
}

TEST(Expression, Jumps) {
    EXPECT_EQ(computed({0x31, 0x2f, 1, 0, 0x32}), 1);
    EXPECT_EQ(computed({0x31, 0x32, 0x28, 1, 0, 0x13}), 1) << "not 0: jumps";
    EXPECT_EQ(computed({0x31, 0x30, 0x28, 1, 0, 0x32}), 2) << "0: does not";
}

// The entry of each PLT stub: sixteen bytes of code, and the stack pointer lower in the last five of them.
TEST(Expression, OfAPltStub) {
    const std::initializer_list<unsigned> plt = {0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
    EXPECT_EQ(computed(plt), 0x708);
}

TEST(Expression, WhatIsNotUnderstoodIsNothing) {
    EXPECT_FALSE(computed({}));
    EXPECT_FALSE(computed({0x22})) << "two operands are missing";
    EXPECT_FALSE(computed({0x0e, 1})) << "cut";
    EXPECT_FALSE(computed({0xff}));
    EXPECT_FALSE(computed({0x31, 0x30, 0x1b})) << "by zero";
    EXPECT_FALSE(computed({0x31, 0x30, 0x1d})) << "by zero";
    EXPECT_FALSE(computed({0x92, 99, 0})) << "no such register";
    EXPECT_FALSE(computed({0x31, 0x06})) << "memory that was not copied";
    EXPECT_FALSE(computed({0x92, 16, 1, 0x94, 9})) << "nine bytes of eight";
    EXPECT_FALSE(computed({0x31, 0x2f, 0xff, 0x7f})) << "a jump out of it";
    EXPECT_FALSE(computed({0x31, 0x15, 9}));
}

TEST(Expression, WithoutEndItIsGivenUp) {
    EXPECT_FALSE(computed({0x31, 0x2f, 0xfd, 0xff}));
    EXPECT_FALSE(computed({0x31, 0x2f, 0xfc, 0xff})) << "its stack grows";
}

}  // namespace
}  // namespace subint_doctor::native
