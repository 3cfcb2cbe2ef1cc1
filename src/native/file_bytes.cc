#include "file_bytes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace subint_doctor::native {
namespace {

constexpr std::size_t piece_bytes = std::size_t{24} * 64 * 7 * 4;  // 42 KiB, whole rows of 24, 56 and 64 bytes
constexpr std::uint64_t last_offset = std::numeric_limits<std::int64_t>::max();

}  // namespace

Status FileBytes::read(std::uint64_t offset, std::span<std::byte> into) {
    if (into.size() > left_) return Error{ErrorCode::limit, "reading a file that holds more than is worth reading"};
    left_ -= into.size();
    while (!into.empty()) {
        if (offset > last_offset) return Error{ErrorCode::corrupt, "reading beyond the end of a file"};
        const ssize_t got = pread(file_.fd(), into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0) return Error{ErrorCode::unreadable, "reading a file", {}, errno};
        if (got == 0) return Error{ErrorCode::corrupt, "reading beyond the end of a file"};
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return Done{};
}

Status FileBytes::walk(std::uint64_t offset, std::uint64_t size,
                       const std::function<bool(std::span<const std::byte>)>& take) {
    std::array<std::byte, piece_bytes> piece;
    while (size > 0) {
        const std::span<std::byte> part = std::span(piece).first(std::min<std::uint64_t>(size, piece_bytes));
        if (Status status = read(offset, part); !status.ok()) return status;
        if (!take(part)) break;
        offset += part.size();
        size -= part.size();
    }
    return Done{};
}

}  // namespace subint_doctor::native
