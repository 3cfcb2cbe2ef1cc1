#include <gtest/gtest.h>

#include <array>

#include "fake_clock.h"
#include "fake_memory.h"
#include "subint_doctor/os/recorded_memory.h"

namespace subint_doctor::os {
namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};
constexpr Address here{0x1000};

class RecordedMemoryTest : public testing::Test {
protected:
    RecordedMemoryTest() {
        for (std::uint64_t n = 0; n < 64; ++n) memory_.put_value(here + 8 * n, n);
    }

    RecordedMemory replay(const MemoryRecorder& recorder) const {
        return RecordedMemory(std::span(room_).first(recorder.recorded_bytes()));
    }
    static std::uint64_t word(const MemoryReader& memory, std::uint64_t n) {
        return read_value<std::uint64_t>(memory, here + 8 * n).value_or(never);
    }

    test::FakeMemory memory_;
    test::FakeClock clock_;
    std::array<std::byte, 512> room_{};
};

TEST_F(RecordedMemoryTest, WhatWasReadIsThereAndNothingElse) {
    const MemoryRecorder recorder(memory_, room_, clock_, never);
    EXPECT_EQ(word(recorder, 3), 3U);
    EXPECT_EQ(word(recorder, 9), 9U);
    memory_.put_value<std::uint64_t>(here + 24, 4711);
    const RecordedMemory recorded = replay(recorder);
    EXPECT_EQ(word(recorded, 3), 3U);
    EXPECT_EQ(word(recorded, 9), 9U);
    EXPECT_EQ(word(recorded, 2), never);
    EXPECT_EQ(word(recorded, 4), never);
    EXPECT_EQ(word(recorded, 10), never);
    EXPECT_TRUE(recorder.complete());
}

TEST_F(RecordedMemoryTest, PiecesThatTouchAreReadAsOne) {
    const MemoryRecorder recorder(memory_, room_, clock_, never);
    for (const std::uint64_t n : {5U, 3U, 4U}) EXPECT_EQ(word(recorder, n), n);
    std::array<std::uint64_t, 3> all{};
    ASSERT_TRUE(read_exact(replay(recorder), here + 24, std::as_writable_bytes(std::span(all))).ok());
    EXPECT_EQ(all, (std::array<std::uint64_t, 3>{3, 4, 5}));
}

TEST_F(RecordedMemoryTest, OfTwoReadsTheLaterCounts) {
    const MemoryRecorder recorder(memory_, room_, clock_, never);
    std::array<std::uint64_t, 4> all{};
    ASSERT_TRUE(read_exact(recorder, here, std::as_writable_bytes(std::span(all))).ok());
    memory_.put_value<std::uint64_t>(here + 8, 4711);
    EXPECT_EQ(word(recorder, 1), 4711U);
    const RecordedMemory recorded = replay(recorder);
    EXPECT_EQ(word(recorded, 0), 0U);
    EXPECT_EQ(word(recorded, 1), 4711U);
    EXPECT_EQ(word(recorded, 3), 3U);
}

TEST_F(RecordedMemoryTest, ScatteredReadsAreKept) {
    const MemoryRecorder recorder(memory_, room_, clock_, never);
    std::array<std::uint64_t, 2> into{};
    std::array<ReadRequest, 3> requests = {ReadRequest{here + 16, std::as_writable_bytes(std::span(into).first(1))},
                                           ReadRequest{{0x999000}, std::as_writable_bytes(std::span(into).last(1))},
                                           ReadRequest{here + 80, std::as_writable_bytes(std::span(into).last(1))}};
    recorder.read_scattered(requests);
    EXPECT_EQ(requests[0].done, 8U);
    EXPECT_EQ(requests[1].done, 0U);
    EXPECT_EQ(word(replay(recorder), 2), 2U);
    EXPECT_EQ(word(replay(recorder), 10), 10U);
}

TEST_F(RecordedMemoryTest, AFullRecordingRefusesReads) {
    const MemoryRecorder recorder(memory_, room_, clock_, never);
    std::uint64_t n = 0;
    while (word(recorder, n % 64) != never) ++n;
    EXPECT_GT(n, 10U);
    EXPECT_LE(recorder.recorded_bytes(), room_.size());
    EXPECT_EQ(read_value<std::uint64_t>(recorder, here).error().code, ErrorCode::limit);
    EXPECT_FALSE(recorder.complete());
    EXPECT_EQ(word(replay(recorder), n - 1), n - 1);
}

TEST_F(RecordedMemoryTest, ALateReadIsRefused) {
    const MemoryRecorder recorder(memory_, room_, clock_, clock_.now_ns() + 10'000);
    EXPECT_EQ(word(recorder, 1), 1U);
    clock_.sleep_until_ns(clock_.now_ns() + 20'000);
    EXPECT_EQ(read_value<std::uint64_t>(recorder, here).error().code, ErrorCode::timeout);
    std::uint64_t into = 0;
    ReadRequest request{here, std::as_writable_bytes(std::span(&into, 1))};
    recorder.read_scattered({&request, 1});
    EXPECT_EQ(request.done, 0U);
    EXPECT_FALSE(recorder.complete());
}

TEST_F(RecordedMemoryTest, ACutRecordingIsReadAsFarAsItGoes) {
    const MemoryRecorder recorder(memory_, room_, clock_, never);
    EXPECT_EQ(word(recorder, 1), 1U);
    EXPECT_EQ(word(recorder, 5), 5U);
    const std::span<const std::byte> room = room_;
    const RecordedMemory cut(room.first(recorder.recorded_bytes() - 1));
    EXPECT_EQ(word(cut, 1), 1U);
    EXPECT_EQ(word(cut, 5), never);
}

}  // namespace
}  // namespace subint_doctor::os
