// Memory made of the pieces that a test puts there; everything between the pieces is unmapped.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "subint_doctor/model/memory_reader.h"

namespace subint_doctor::test {

class FakeMemory : public MemoryReader {
public:
    // Later bytes overwrite earlier ones; adjacent pieces become one mapping.
    void put(Address at, std::span<const std::byte> bytes);

    template <typename T>
    void put_value(Address at, const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        put(at, std::as_bytes(std::span<const T, 1>(&value, 1)));
    }

    // Called before each read: a patient that moves while it is read.
    void on_read(std::function<void()> move) { move_ = std::move(move); }

    // Called after each read that covers that byte.
    void on_read_of(Address at, std::function<void()> react) { reactions_[at] = std::move(react); }

    // The n-th read from now on (1: the next) fails with `unreadable`, once. 0: none.
    void fail_nth_read(int n);

    // Reads so far, the failed ones included; each request of a scattered read counts as one.
    int reads() const { return reads_; }

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override;

private:
    std::map<Address, std::vector<std::byte>> pieces_;  // by start; disjoint and never adjacent
    std::function<void()> move_;
    std::map<Address, std::function<void()>> reactions_;
    int failing_read_ = 0;  // counted as reads_ is; 0: none
    mutable int reads_ = 0;
};

}  // namespace subint_doctor::test
