#include "block_cache.h"

#include <algorithm>
#include <array>

namespace subint_doctor::cpython {
namespace {

constexpr std::uint64_t last_block_number = ~std::uint64_t{0} / BlockCache::block_size;

std::uint64_t first_block(const AddressRange& range) { return range.start.value / BlockCache::block_size; }

// Of a range that is not empty; the end of the address space cuts it.
std::uint64_t last_block(const AddressRange& range) {
    const std::uint64_t last = range.start.value + range.size - 1;
    return last < range.start.value ? last_block_number : last / BlockCache::block_size;
}

}  // namespace

Result<std::size_t> BlockCache::read_some(Address from, std::span<std::byte> into) const {
    const std::byte* block = find_block(from.value / block_size);
    if (block == nullptr) {
        add({1, into.size(), 0});
        if (spent()) return work_is_spent();
        return memory_.read_some(from, into);
    }
    const std::uint64_t within = from.value % block_size;
    const std::size_t count = std::min<std::size_t>(into.size(), block_size - within);
    std::memcpy(into.data(), block + within, count);
    return count;
}

bool BlockCache::holds(const AddressRange& range) const {
    if (range.size == 0) return true;
    for (std::uint64_t number = first_block(range); number <= last_block(range); ++number) {
        const BlockMap::Slot* slot = blocks_.find(number);
        if (slot == nullptr || slot->data == nullptr) return false;
    }
    return true;
}

void BlockCache::preload(std::span<const AddressRange> ranges) const {
    if (spent()) return;
    const std::vector<std::uint64_t> missing = missing_blocks(ranges);
    forget_if_full(missing.size());
    fetch(missing);
}

std::vector<std::uint64_t> BlockCache::missing_blocks(std::span<const AddressRange> ranges) const {
    std::vector<std::uint64_t> missing;
    for (AddressRange range : ranges) {
        if (range.size == 0) continue;
        range.size = std::min(range.size, max_preload);
        for (std::uint64_t number = first_block(range); number <= last_block(range); ++number) {
            if (blocks_.find(number) == nullptr) missing.push_back(number);
        }
    }
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    missing.resize(std::min(missing.size(), max_blocks / 2));
    return missing;
}

// `numbers` ascend; neighbours become one request.
void BlockCache::fetch(std::span<const std::uint64_t> numbers) const {
    std::vector<ReadRequest> requests;
    for (std::size_t first = 0; first < numbers.size();) {
        std::size_t end = first + 1;
        while (end < numbers.size() && end - first < blocks_per_slab && numbers[end] == numbers[end - 1] + 1) ++end;
        requests.push_back({{numbers[first] * block_size}, {new_blocks(end - first), (end - first) * block_size}});
        first = end;
    }
    add({requests.size(), numbers.size() * block_size, 0});
    memory_.read_scattered(requests);
    for (const ReadRequest& request : requests) {
        for (std::size_t at = 0; at < request.into.size(); at += block_size) {
            const bool whole = at + block_size <= request.done;
            blocks_.set((request.from.value + at) / block_size, whole ? request.into.data() + at : nullptr);
        }
    }
}

const std::byte* BlockCache::fetch_page_of(std::uint64_t number) const {
    constexpr std::uint64_t blocks_per_page = page_size / block_size;
    if (spent()) return nullptr;
    forget_if_full(blocks_per_page);
    std::array<std::uint64_t, blocks_per_page> missing{};
    std::size_t count = 0;
    const std::uint64_t first = number / blocks_per_page * blocks_per_page;
    for (std::uint64_t other = first; other < first + blocks_per_page; ++other) {
        if (blocks_.find(other) == nullptr) missing[count++] = other;
    }
    fetch({missing.data(), count});
    return blocks_.find(number)->data;
}

std::byte* BlockCache::new_blocks(std::size_t count) const {
    if (used_in_slab_ + count > blocks_per_slab) {
        slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(blocks_per_slab * block_size));
        used_in_slab_ = 0;
    }
    std::byte* blocks = slabs_.back().get() + used_in_slab_ * block_size;
    used_in_slab_ += count;
    return blocks;
}

void BlockCache::forget_if_full(std::size_t wanted) const {
    if (blocks_.size() + wanted > max_blocks) forget();
}

void BlockCache::read_uncached(std::span<ReadRequest> requests) const {
    Work asked{requests.size(), 0, requests.size()};
    for (const ReadRequest& request : requests) asked.bytes += request.into.size();
    add(asked);
    if (!spent()) memory_.read_scattered(requests);
}

void BlockCache::forget() const {
    blocks_.clear();
    slabs_.clear();
    used_in_slab_ = blocks_per_slab;
}

}  // namespace subint_doctor::cpython
