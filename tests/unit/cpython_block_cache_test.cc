#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <vector>

#include "block_cache.h"
#include "fake_memory.h"

namespace subint_doctor::test {
namespace {

using cpython::BlockCache;

constexpr Address start{0x10000};
constexpr std::uint64_t size = 64 * 1024;

class BlockCacheTest : public testing::Test {
protected:
    BlockCacheTest() {
        std::vector<std::uint32_t> words(size / sizeof(std::uint32_t));
        std::iota(words.begin(), words.end(), 0U);
        memory.put(start, std::as_bytes(std::span(words)));
    }

    FakeMemory memory;
    BlockCache cache{memory};
};

TEST_F(BlockCacheTest, ReadsAPageOnceForAllThatLiesInIt) {
    for (std::uint32_t word = 0; word < BlockCache::page_size / 4; ++word) {
        EXPECT_EQ(*cache.value<std::uint32_t>(start + word * 4ULL), word);
    }
    EXPECT_EQ(memory.reads(), 1);
}

TEST_F(BlockCacheTest, ReadsValuesThatStraddleBlocksAndPages) {
    EXPECT_EQ(*cache.value<std::uint64_t>(start + BlockCache::block_size - 4), 128ULL << 32 | 127);
    EXPECT_EQ(*cache.value<std::uint64_t>(start + BlockCache::page_size - 4), 1024ULL << 32 | 1023);
}

TEST_F(BlockCacheTest, PreloadsOnlyWhatIsAskedForAndNeighboursTogether) {
    const std::array ranges = {AddressRange{start + 100, 8}, AddressRange{start + 508, 8},
                               AddressRange{start + 8192, 1}};
    cache.preload(ranges);
    EXPECT_EQ(memory.reads(), 2);
    EXPECT_TRUE(cache.holds({start, 2 * BlockCache::block_size}));
    EXPECT_FALSE(cache.holds({start, 2 * BlockCache::block_size + 1}));
    EXPECT_EQ(*cache.value<std::uint32_t>(start + 8192), 2048U);
    cache.preload(ranges);
    EXPECT_EQ(memory.reads(), 2);
}

TEST_F(BlockCacheTest, ReadsTheTornEdgesOfAMappingDirectly) {
    const Address odd{0x40123};
    memory.put(odd, std::as_bytes(std::span("hello")));
    EXPECT_EQ(*cache.value<char>(odd + 1), 'e');
    EXPECT_EQ(*read_c_string(cache, odd, 64), "hello");
    EXPECT_FALSE(cache.value<std::uint64_t>(odd).ok());
    EXPECT_FALSE(cache.holds({odd, 1}));
}

TEST_F(BlockCacheTest, FailsBeyondWhatIsMapped) {
    EXPECT_FALSE(cache.value<std::uint32_t>(start + size).ok());
    EXPECT_FALSE(cache.value<std::uint64_t>(start + size - 4).ok());
    EXPECT_FALSE(cache.value<std::uint64_t>(Address{~0ULL - 3}).ok());
    const std::array ranges = {AddressRange{{~0ULL - 3}, 100}, AddressRange{{}, ~0ULL}, AddressRange{start, 0}};
    cache.preload(ranges);
    EXPECT_TRUE(cache.holds({start + 5000, 0}));
    EXPECT_EQ(*cache.value<std::uint32_t>(start), 0U);
}

TEST_F(BlockCacheTest, StaysBelowItsBound) {
    FakeMemory large;
    large.put(start, std::vector<std::byte>(BlockCache::max_blocks * BlockCache::block_size * 2));
    const BlockCache bounded(large);
    for (std::uint64_t block = 0; block < 2 * BlockCache::max_blocks; block += 8) {
        ASSERT_TRUE(bounded.value<int>(start + block * BlockCache::block_size).ok());
    }
    EXPECT_FALSE(bounded.holds({start, 1})) << "nothing was ever forgotten";
}

}  // namespace
}  // namespace subint_doctor::test
