// Fields of the patient's structures, by name.
#pragma once

#include <optional>

#include "block_cache.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::cpython {

class StructReader {
public:
    // Both must outlive the reader.
    StructReader(const BlockCache& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

    const BlockCache& memory() const { return memory_; }
    const Layout& layout() const { return layout_; }

    // Fails with unsupported_python where the layout does not know the field, else as MemoryReader does.
    template <typename T>
    Result<T> get(Address structure, Field field) const {
        const std::optional<std::uint64_t> offset = layout_.offset(field);
        if (!offset) return unknown_field();
        return memory_.value<T>(structure + *offset);
    }

    Result<Address> pointer(Address structure, Field field) const {
        const Result<std::uint64_t> value = get<std::uint64_t>(structure, field);
        if (!value) return value.error();
        return Address{*value};
    }

    // A size or a bit number of the layout; `fallback` where it is not known.
    std::uint64_t number(Field field, std::uint64_t fallback = 0) const {
        return layout_.offset(field).value_or(fallback);
    }

    Error unknown_field() const;

private:
    const BlockCache& memory_;
    const Layout& layout_;
};

// Several fields of one structure; the first failed read sticks, so that a caller asks once. A field that the layout
// does not know is no failure: it keeps `fallback`, and the refused table is a gap of the whole look.
class StructView {
public:
    StructView(const StructReader& structs, Address address) : structs_(structs), address_(address) {}

    template <typename T>
    T get(Field field, T fallback = {}) {
        const std::optional<std::uint64_t> offset = structs_.layout().offset(field);
        if (error_ || !offset) return fallback;
        T value;
        if (const std::byte* bytes = structs_.memory().peek(address_ + *offset, sizeof(T)); bytes != nullptr) {
            std::memcpy(&value, bytes, sizeof(T));
            return value;
        }
        const Result<T> slow = structs_.memory().value<T>(address_ + *offset);
        if (!slow) error_ = slow.error();
        return slow ? *slow : fallback;
    }

    Address pointer(Field field) { return {get<std::uint64_t>(field)}; }

    const std::optional<Error>& error() const { return error_; }

private:
    const StructReader& structs_;
    Address address_;
    std::optional<Error> error_;
};

}  // namespace subint_doctor::cpython
