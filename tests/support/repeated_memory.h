// Memory that holds one structure very often without taking the room: the n-th copy leads on to the next one.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "subint_doctor/model/memory_reader.h"

namespace subint_doctor::test {

// What was asked, and the most that the heap held meanwhile, beyond what it held before.
struct Asked {
    std::uint64_t reads = 0;
    std::uint64_t bytes = 0;
    std::uint64_t peak_heap = 0;
};

class RepeatedMemory final : public MemoryReader {
public:
    explicit RepeatedMemory(const MemoryReader& rest);

    // `count` copies of `bytes` from `start` on, each at a distance of bytes.size(). The pointer at `link` in a copy
    // is its successor's address; `last` in the last one.
    void repeat(Address start, std::vector<std::byte> bytes, std::uint64_t count, std::uint64_t link, Address last);

    // A second pointer in each copy of the region that was added last: `first` in the first one, `step` more in each.
    void vary(std::uint64_t at, Address first, std::uint64_t step);

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override;

    // Since the last call.
    Asked asked() const;

private:
    struct Pointer {
        std::uint64_t at = 0;
        Address first;
        std::uint64_t step = 0;
    };
    struct Region {
        Address start;
        std::vector<std::byte> bytes;
        std::uint64_t count = 0;
        std::vector<Pointer> pointers;
        Pointer link;
        Address last;
    };

    static std::size_t read_copy(const Region& region, Address from, std::span<std::byte> into);

    const MemoryReader& rest_;
    std::vector<Region> regions_;
    mutable Asked asked_;
    mutable std::uint64_t heap_before_ = 0;
};

}  // namespace subint_doctor::test
