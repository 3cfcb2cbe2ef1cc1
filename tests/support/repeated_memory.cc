#include "repeated_memory.h"

#include <malloc.h>

namespace subint_doctor::test {
namespace {

std::uint64_t heap_in_use() {
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

}  // namespace

RepeatedMemory::RepeatedMemory(const MemoryReader& rest) : rest_(rest) {}

void RepeatedMemory::repeat(Address start, std::vector<std::byte> bytes, std::uint64_t count, std::uint64_t link,
                            Address last) {
    const std::uint64_t size = bytes.size();
    regions_.push_back({start, std::move(bytes), count, {}, {link, start + size, size}, last});
    heap_before_ = heap_in_use();
}

void RepeatedMemory::vary(std::uint64_t at, Address first, std::uint64_t step) {
    regions_.back().pointers.push_back({at, first, step});
}

std::size_t RepeatedMemory::read_copy(const Region& region, Address from, std::span<std::byte> into) {
    const std::uint64_t size = region.bytes.size();
    const std::uint64_t n = (from.value - region.start.value) / size;
    const std::uint64_t within = (from.value - region.start.value) % size;
    std::vector<std::byte> copy = region.bytes;
    const auto put = [&](std::uint64_t at, Address value) { std::memcpy(copy.data() + at, &value, sizeof(value)); };
    for (const Pointer& pointer : region.pointers) put(pointer.at, pointer.first + n * pointer.step);
    put(region.link.at, n + 1 == region.count ? region.last : region.link.first + n * region.link.step);
    const std::size_t count = std::min<std::size_t>(into.size(), size - within);
    std::memcpy(into.data(), copy.data() + within, count);
    return count;
}

Result<std::size_t> RepeatedMemory::read_some(Address from, std::span<std::byte> into) const {
    asked_.reads += 1;
    asked_.bytes += into.size();
    const std::uint64_t heap = heap_in_use();
    asked_.peak_heap = std::max(asked_.peak_heap, heap - std::min(heap, heap_before_));
    for (const Region& region : regions_) {
        const AddressRange all{region.start, region.count * region.bytes.size()};
        if (!all.contains(from)) continue;
        std::size_t done = 0;
        while (done < into.size() && all.contains(from + done)) {
            done += read_copy(region, from + done, into.subspan(done));
        }
        return done;
    }
    return rest_.read_some(from, into);
}

Asked RepeatedMemory::asked() const {
    const Asked asked = asked_;
    asked_ = {};
    return asked;
}

}  // namespace subint_doctor::test
