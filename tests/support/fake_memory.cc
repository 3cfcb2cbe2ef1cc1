#include "fake_memory.h"

#include <algorithm>
#include <iterator>

namespace subint_doctor::test {
namespace {

Address end_of(const std::pair<const Address, std::vector<std::byte>>& piece) {
    return piece.first + piece.second.size();
}

}  // namespace

void FakeMemory::put(Address at, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    auto piece = pieces_.upper_bound(at);
    if (piece != pieces_.begin() && end_of(*std::prev(piece)) >= at) {
        --piece;
    } else {
        piece = pieces_.emplace(at, std::vector<std::byte>()).first;
    }
    const std::uint64_t offset = at.value - piece->first.value;
    piece->second.resize(std::max<std::size_t>(piece->second.size(), offset + bytes.size()));
    std::ranges::copy(bytes, piece->second.begin() + static_cast<std::ptrdiff_t>(offset));

    for (auto next = std::next(piece); next != pieces_.end() && next->first <= end_of(*piece);) {
        const std::uint64_t overlap = end_of(*piece).value - next->first.value;
        if (overlap < next->second.size()) {
            piece->second.insert(piece->second.end(), next->second.begin() + static_cast<std::ptrdiff_t>(overlap),
                                 next->second.end());
        }
        next = pieces_.erase(next);
    }
}

void FakeMemory::fail_nth_read(int n) { failing_read_ = n == 0 ? 0 : reads_ + n; }

Result<std::size_t> FakeMemory::read_some(Address from, std::span<std::byte> into) const {
    if (move_) move_();
    if (++reads_ == failing_read_) return Error{ErrorCode::unreadable, "reading memory (a fault of the test)", from};
    if (into.empty()) return std::size_t{0};
    const auto after = pieces_.upper_bound(from);
    if (after == pieces_.begin() || end_of(*std::prev(after)) <= from) {
        return Error{ErrorCode::unreadable, "reading memory", from};
    }
    const auto& [start, bytes] = *std::prev(after);
    const std::uint64_t offset = from.value - start.value;
    const std::size_t count = std::min<std::size_t>(into.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
    // A reaction may put bytes, so that nothing of ours is looked at any more.
    for (const auto& [at, react] : reactions_) {
        if (AddressRange{from, count}.contains(at)) react();
    }
    return count;
}

}  // namespace subint_doctor::test
