// Memory of the patient by blocks, each read once: one look makes tens of thousands of small reads, and a system call
// costs as much for 64 bytes as for a page. What it has read it never reads again, so it lives for one look. It counts
// what is done through it, and serves nothing more once that is beyond its limits.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "block_map.h"
#include "subint_doctor/model/memory_reader.h"
#include "work.h"

namespace subint_doctor::cpython {

class BlockCache final : public MemoryReader {
public:
    // What is foreseen is fetched by blocks, so that little is copied in vain; what is not, by whole pages, since its
    // neighbours are often asked for next.
    static constexpr std::uint64_t block_size = 512;
    static constexpr std::uint64_t page_size = 4096;
    static constexpr std::size_t max_blocks = 16'384;  // 8 MiB, 16 with what is lost between; then it starts afresh
    static constexpr std::uint64_t max_preload = 64 * 1024;  // bytes per range; the rest is read when asked for

    // `memory` must outlive the cache.
    explicit BlockCache(const MemoryReader& memory, const Work& limits = look_limits)
        : memory_(memory), limits_(limits) {}

    // What was done so far; `add` is work of the caller's own.
    const Work& work() const { return work_; }
    void add(const Work& done) const {
        work_.reads += done.reads;
        work_.bytes += done.bytes;
        work_.steps += done.steps;
    }
    bool spent() const { return !work_.within(limits_); }

    // What must be of one moment: asked of the patient in one go, and not kept.
    void read_uncached(std::span<ReadRequest> requests) const;

    // Reads afresh from here on.
    void forget() const;

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override;

    // Fetches all ranges with as few system calls as possible. What cannot be read is left to fail later.
    void preload(std::span<const AddressRange> ranges) const;

    // Whether the range can be read without asking the patient.
    bool holds(const AddressRange& range) const;

    // Where `size` bytes of the patient lie here; nullptr where they span blocks or cannot be read by the block. Good
    // until the next call.
    const std::byte* peek(Address from, std::uint64_t size) const {
        const std::uint64_t within = from.value % block_size;
        if (within + size > block_size) return nullptr;
        const std::byte* block = find_block(from.value / block_size);
        return block == nullptr ? nullptr : block + within;
    }

    template <typename T>
    Result<T> value(Address from) const {
        const std::byte* bytes = peek(from, sizeof(T));
        if (bytes == nullptr) return read_value<T>(*this, from);
        T value;
        std::memcpy(&value, bytes, sizeof(T));
        return value;
    }

private:
    // nullptr: that block cannot be read as a whole, or nothing may be read any more.
    const std::byte* find_block(std::uint64_t number) const {
        if (++work_.steps > limits_.steps) return nullptr;
        const BlockMap::Slot* slot = blocks_.find(number);
        return slot != nullptr ? slot->data : fetch_page_of(number);
    }
    const std::byte* fetch_page_of(std::uint64_t number) const;
    std::vector<std::uint64_t> missing_blocks(std::span<const AddressRange> ranges) const;
    void fetch(std::span<const std::uint64_t> numbers) const;
    std::byte* new_blocks(std::size_t count) const;
    void forget_if_full(std::size_t wanted) const;

    static constexpr std::size_t blocks_per_slab = 256;

    const MemoryReader& memory_;
    const Work limits_;
    mutable Work work_;
    mutable BlockMap blocks_;
    mutable std::vector<std::unique_ptr<std::byte[]>> slabs_;
    mutable std::size_t used_in_slab_ = blocks_per_slab;
};

}  // namespace subint_doctor::cpython
