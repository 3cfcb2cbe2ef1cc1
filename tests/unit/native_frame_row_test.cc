#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "frame_row.h"

namespace subint_doctor::native {
namespace {

using Kind = RegisterRule::Kind;
using Bytes = std::vector<std::byte>;

constexpr std::size_t rbx = 3;
constexpr std::size_t rbp = 6;
constexpr std::size_t rsp = 7;
constexpr std::size_t rip = 16;
constexpr std::uint64_t start = 0x1000;

Bytes bytes(std::initializer_list<unsigned> values) {
    Bytes result;
    for (const unsigned value : values) result.push_back(static_cast<std::byte>(value));
    return result;
}

// What compilers say of every function: the frame is 8 above the stack pointer, and the return address below that.
const Bytes usual = bytes({0x0c, 7, 8, 0x80 | 16, 1});

Result<FrameRow> row(const Bytes& instructions, std::uint64_t address, const Bytes& common = usual) {
    CommonFrame cie;
    cie.data_alignment = -8;
    cie.instructions = common;
    FunctionFrame fde{start, 0x100, instructions};
    return frame_row(cie, fde, address);
}

bool is_rule(const RegisterRule& rule, Kind kind, std::int64_t value) {
    return rule.kind == kind && rule.value == value;
}

TEST(FrameRow, AtItsBeginningAFunctionHasWhatAllHave) {
    const auto found = row({}, start);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->address_register, rsp);
    EXPECT_EQ(found->address_offset, 8);
    EXPECT_TRUE(is_rule(found->registers[rip], Kind::at_offset, -8));
    EXPECT_EQ(found->registers[rbx].kind, Kind::same);
}

// push %rbp; mov %rsp,%rbp: each is true from the instruction behind it on.
TEST(FrameRow, ARowIsForTheInstructionsBehindIt) {
    const Bytes prologue = bytes({0x41, 0x0e, 16, 0x80 | 6, 2, 0x43, 0x0d, 6});
    EXPECT_EQ(row(prologue, start)->address_offset, 8);
    EXPECT_EQ(row(prologue, start + 1)->address_offset, 16);
    EXPECT_TRUE(is_rule(row(prologue, start + 1)->registers[rbp], Kind::at_offset, -16));
    EXPECT_EQ(row(prologue, start + 3)->address_register, rsp);
    EXPECT_EQ(row(prologue, start + 4)->address_register, rbp);
    EXPECT_EQ(row(prologue, start + 200)->address_offset, 16);
}

TEST(FrameRow, AdvancesOfAllSizes) {
    const Bytes steps = bytes({0x02, 0x10, 0x0e, 16, 0x03, 0x20, 0x00, 0x0e, 24, 0x04, 0x40, 0, 0, 0, 0x0e, 32});
    EXPECT_EQ(row(steps, start + 0x0f)->address_offset, 8);
    EXPECT_EQ(row(steps, start + 0x10)->address_offset, 16);
    EXPECT_EQ(row(steps, start + 0x30)->address_offset, 24);
    EXPECT_EQ(row(steps, start + 0x70)->address_offset, 32);
}

TEST(FrameRow, AnEarlyReturnIsForgotten) {
    const Bytes instructions = bytes({0x0a, 0x0e, 64, 0x80 | 3, 5, 0x41, 0x0b});
    EXPECT_EQ(row(instructions, start)->address_offset, 64);
    EXPECT_EQ(row(instructions, start + 1)->address_offset, 8);
    EXPECT_EQ(row(instructions, start + 1)->registers[rbx].kind, Kind::same);
}

TEST(FrameRow, ARegisterIsRestoredToWhatAllHave) {
    const Bytes common = bytes({0x0c, 7, 8, 0x80 | 16, 1, 0x80 | 3, 4});
    const auto found = row(bytes({0x80 | 3, 9, 0xc0 | 3}), start, common);
    EXPECT_TRUE(is_rule(found->registers[rbx], Kind::at_offset, -32));
    const auto extended = row(bytes({0x05, 3, 9, 0x06, 3}), start, common);
    EXPECT_TRUE(is_rule(extended->registers[rbx], Kind::at_offset, -32));
}

TEST(FrameRow, OtherRules) {
    EXPECT_EQ(row(bytes({0x07, 16}), start)->registers[rip].kind, Kind::undefined);
    EXPECT_TRUE(is_rule(row(bytes({0x09, 3, 6}), start)->registers[rbx], Kind::in_register, 6));
    EXPECT_TRUE(is_rule(row(bytes({0x11, 3, 0x7f}), start)->registers[rbx], Kind::at_offset, 8));
    EXPECT_TRUE(is_rule(row(bytes({0x2f, 3, 2}), start)->registers[rbx], Kind::at_offset, 16));
    EXPECT_TRUE(is_rule(row(bytes({0x14, 3, 2}), start)->registers[rbx], Kind::is_offset, -16));
    EXPECT_TRUE(is_rule(row(bytes({0x15, 3, 0x7e}), start)->registers[rbx], Kind::is_offset, 16));
    EXPECT_EQ(row(bytes({0x12, 6, 0x7e}), start)->address_offset, 16);
    EXPECT_EQ(row(bytes({0x13, 0x7d}), start)->address_offset, 24);
    EXPECT_EQ(row(bytes({0x2e, 0x20, 0x00}), start)->address_offset, 8);
}

TEST(FrameRow, ExpressionsAreKept) {
    const auto found = row(bytes({0x0f, 2, 0x77, 8, 0x10, 3, 1, 0x96, 0x16, 6, 3, 0x76, 0x7f, 0x06}), start);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->address_is_expression);
    EXPECT_EQ(found->expressions[0], bytes({0x77, 8}));
    EXPECT_TRUE(is_rule(found->registers[rbx], Kind::at_expression, 1));
    EXPECT_EQ(found->expressions[1], bytes({0x96}));
    EXPECT_TRUE(is_rule(found->registers[rbp], Kind::is_expression, 2));
    EXPECT_EQ(found->expressions[2], bytes({0x76, 0x7f, 0x06}));
}

TEST(FrameRow, RegistersThatNobodyFollowsAreLeftOut) {
    EXPECT_TRUE(row(bytes({0x05, 200, 1, 5, 0x80 | 33, 2}), start));
}

TEST(FrameRow, WhatIsNotUnderstoodIsRefused) {
    EXPECT_FALSE(row(bytes({0x3f, 1, 2}), start)) << "an unknown instruction";
    EXPECT_FALSE(row(bytes({0x0b}), start)) << "nothing was remembered";
    EXPECT_FALSE(row(bytes({0x0e}), start)) << "cut";
    EXPECT_FALSE(row(bytes({0x0f, 100, 1}), start)) << "an expression longer than the entry";
    EXPECT_FALSE(row(Bytes(100, std::byte{0x0a}), start)) << "remembered without end";
    EXPECT_FALSE(row(bytes({0x01, 0, 0, 0, 0, 0, 0, 0, 0}), start)) << "a jump to another place";
    CommonFrame cie;
    cie.return_register = 99;
    EXPECT_FALSE(frame_row(cie, {start, 1, {}}, start));
}

}  // namespace
}  // namespace subint_doctor::native
