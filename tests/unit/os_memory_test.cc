#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "child.h"
#include "live_memory.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t page = 4096;

// Two readable pages with a hole behind them.
class PagesBeforeAHole : public testing::Test {
protected:
    void SetUp() override {
        void* memory = mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ASSERT_NE(memory, MAP_FAILED);
        bytes_ = static_cast<unsigned char*>(memory);
        for (std::size_t i = 0; i < 2 * page; ++i) bytes_[i] = static_cast<unsigned char>(i / 7);
        ASSERT_EQ(munmap(bytes_ + 2 * page, page), 0);
    }
    void TearDown() override { munmap(bytes_, 2 * page); }

    Address at(std::size_t offset) const { return {reinterpret_cast<std::uint64_t>(bytes_ + offset)}; }

    unsigned char* bytes_ = nullptr;
    LiveMemory memory_{getpid()};
};

TEST_F(PagesBeforeAHole, AReadEndsAtTheHole) {
    std::array<std::byte, 2 * page> into{};
    const auto got = memory_.read_some(at(page + 1000), into);
    ASSERT_TRUE(got);
    ASSERT_EQ(*got, page - 1000);
    EXPECT_EQ(std::memcmp(into.data(), bytes_ + page + 1000, *got), 0);
}

TEST_F(PagesBeforeAHole, TheHoleIsUnreadable) {
    std::array<std::byte, 16> into{};
    const auto got = memory_.read_some(at(2 * page), into);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::unreadable);
    EXPECT_EQ(got.error().errno_value, EFAULT);
    EXPECT_EQ(got.error().address, at(2 * page));
}

TEST_F(PagesBeforeAHole, ScatteredReadsGoOnBehindWhatFails) {
    constexpr std::size_t count = 700;
    std::vector<std::array<std::byte, 8>> into(count);
    std::vector<ReadRequest> requests;
    const auto is_bad = [](std::size_t i) { return i % 100 == 0 || i == count - 1; };
    for (std::size_t i = 0; i < count; ++i) {
        requests.push_back({is_bad(i) ? Address{8} : at(i * 8), into[i], 99});
    }
    requests[50] = {at(2 * page - 3), into[50], 0};
    memory_.read_scattered(requests);
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(requests[i].done, i == 50 ? 3U : is_bad(i) ? 0U : 8U) << i;
        const unsigned char* from = i == 50 ? bytes_ + 2 * page - 3 : bytes_ + i * 8;
        EXPECT_EQ(std::memcmp(into[i].data(), from, requests[i].done), 0) << i;
    }
}

TEST_F(PagesBeforeAHole, NothingIsReadOfNothing) {
    EXPECT_EQ(memory_.read_some(at(0), {}).value_or(9), 0U);
    memory_.read_scattered({});
}

TEST(LiveMemory, AProcessThatEndedIsGone) {
    const int ended = [] { return test::Child([] {}).pid(); }();
    std::array<std::byte, 1> into{};
    const auto got = LiveMemory(ended).read_some({4096}, into);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::no_such_process);
    EXPECT_EQ(try_memory(ended), ESRCH);
}

TEST(LiveMemory, OursMayBeRead) { EXPECT_EQ(try_memory(getpid()), 0); }

}  // namespace
}  // namespace subint_doctor::os
