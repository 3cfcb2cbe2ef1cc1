// Which blocks of the patient's memory are here. A flat hash table: it is asked for every single field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace subint_doctor::cpython {

class BlockMap {
public:
    struct Slot {
        std::uint64_t number = no_block;
        const std::byte* data = nullptr;  // nullptr: that block cannot be read as a whole
    };

    BlockMap() { clear(); }

    std::size_t size() const { return size_; }

    // nullptr: never asked for.
    const Slot* find(std::uint64_t number) const {
        const Slot& slot = slots_[position(number)];
        return slot.number == number ? &slot : nullptr;
    }

    // Replaces what was there. `number` is below 2^52, so it is never no_block.
    void set(std::uint64_t number, const std::byte* data) {
        if (2 * (size_ + 1) > slots_.size()) grow();
        Slot& slot = slots_[position(number)];
        if (slot.number != number) ++size_;
        slot = {number, data};
    }

    void clear() {
        slots_.assign(initial_slots, {});
        size_ = 0;
    }

private:
    static constexpr std::uint64_t no_block = ~std::uint64_t{0};
    static constexpr std::size_t initial_slots = 4096;  // a power of two, at least half of it empty

    std::size_t position(std::uint64_t number) const {
        constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = (number * golden_ratio >> 32) & mask;
        while (slots_[at].number != number && slots_[at].number != no_block) at = (at + 1) & mask;
        return at;
    }

    void grow() {
        std::vector<Slot> old(2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.number != no_block) slots_[position(slot.number)] = slot;
        }
    }

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace subint_doctor::cpython
