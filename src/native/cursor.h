// Walks over encoded bytes that somebody else chose: what does not fit makes it fail, and from then on it only gives zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace subint_doctor::native {

class Cursor {
public:
    explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

    bool failed() const { return failed_; }
    bool at_end() const { return failed_ || at_ == bytes_.size(); }
    std::size_t position() const { return at_; }
    std::span<const std::byte> rest() const { return bytes_.subspan(at_); }

    template <typename T>
    T take() {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        const std::span<const std::byte> from = take_bytes(sizeof(T));
        if (!from.empty()) std::memcpy(&value, from.data(), sizeof(T));
        return value;
    }

    // LEB128, DWARF 5 section 7.6; bits beyond 64 are lost.
    std::uint64_t uleb() {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = take<std::uint8_t>();
            if (shift < 64) value |= std::uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80U) == 0) return value;
        }
    }
    std::int64_t sleb() {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = take<std::uint8_t>();
            if (shift < 64) value |= std::uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80U) != 0) continue;
            const bool negative = (byte & 0x40U) != 0 && shift + 7 < 64;
            return static_cast<std::int64_t>(negative ? value | ~std::uint64_t{0} << (shift + 7) : value);
        }
    }

    // Empty and failed where there are not as many.
    std::span<const std::byte> take_bytes(std::uint64_t count) {
        if (failed_ || count > bytes_.size() - at_) {
            failed_ = true;
            return {};
        }
        at_ += static_cast<std::size_t>(count);
        return bytes_.subspan(at_ - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
    }

    // Up to its NUL, which is passed.
    std::string_view text() {
        const std::span<const std::byte> rest_of_it = failed_ ? std::span<const std::byte>() : rest();
        const std::string_view all(reinterpret_cast<const char*>(rest_of_it.data()), rest_of_it.size());
        const std::size_t end = all.find('\0');
        if (end == std::string_view::npos) {
            failed_ = true;
            return {};
        }
        at_ += end + 1;
        return all.substr(0, end);
    }

    // Relative to where it stands.
    void move(std::int64_t distance) {
        const std::uint64_t to = at_ + static_cast<std::uint64_t>(distance);
        if (to > bytes_.size()) failed_ = true;
        if (!failed_) at_ = static_cast<std::size_t>(to);
    }

private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace subint_doctor::native
