// An address in the patient. It cannot be dereferenced here or mixed up with a pointer of ours.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace subint_doctor {

struct Address {
    std::uint64_t value = 0;

    constexpr explicit operator bool() const { return value != 0; }
    constexpr auto operator<=>(const Address&) const = default;
};

// Wraps around like the patient's own arithmetic; a reader refuses what is not mapped.
constexpr Address operator+(Address base, std::uint64_t offset) { return {base.value + offset}; }
constexpr Address operator-(Address base, std::uint64_t offset) { return {base.value - offset}; }

// [start, start + size)
struct AddressRange {
    Address start;
    std::uint64_t size = 0;

    constexpr bool contains(Address address) const { return address.value - start.value < size; }
    constexpr auto operator<=>(const AddressRange&) const = default;
};

}  // namespace subint_doctor

template <>
struct std::hash<subint_doctor::Address> {
    std::size_t operator()(subint_doctor::Address address) const noexcept {
        return std::hash<std::uint64_t>{}(address.value);
    }
};
