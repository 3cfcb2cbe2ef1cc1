#include "leases.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <optional>

#include "line_reader.h"
#include "numbers.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t longest_list = 4U << 20;

struct Lease {
    std::string_view file;
    bool forbids_reading = false;
};

std::optional<Lease> parse_lease(std::string_view line) {
    take_word(line);  // its number
    if (take_word(line) != "LEASE") return std::nullopt;
    const std::string_view state = take_word(line);
    const std::string_view type = take_word(line);
    take_word(line);  // the holder
    return Lease{take_word(line), state != "ACTIVE" || type != "READ"};
}

// A list that cannot be read, or is longer than that, says nothing: the opening does not wait anyway.
template <typename Matches>
bool any_lease(const Matches& matches) {
    bool found = false;
    (void)read_lines(AT_FDCWD, "/proc/locks", longest_list, [&](std::string_view line) {
        found = matches(line);
        return !found;
    });
    return found;
}

// "fe:01:4711": device numbers in hexadecimal, inode in decimal; fs/locks.c, lock_get_status().
bool names_file(std::string_view text, std::uint64_t device, std::uint64_t inode) {
    const std::size_t first = std::min(text.find(':'), text.size());
    const std::size_t second = std::min(text.find(':', first + 1), text.size());
    if (second >= text.size()) return false;
    return parse_hex<unsigned>(text.substr(0, first)) == major(device) &&
           parse_hex<unsigned>(text.substr(first + 1, second - first - 1)) == minor(device) &&
           parse_decimal<std::uint64_t>(text.substr(second + 1)) == inode;
}

}  // namespace

bool is_lease_against_reading(std::string_view line, std::uint64_t device, std::uint64_t inode) {
    const std::optional<Lease> lease = parse_lease(line);
    return lease && lease->forbids_reading && names_file(lease->file, device, inode);
}

bool has_lease(std::uint64_t device, std::uint64_t inode) {
    return any_lease([&](std::string_view line) { return is_lease_against_reading(line, device, inode); });
}

bool may_have_lease(std::span<const std::uint64_t> inodes) {
    return any_lease([&](std::string_view line) {
        const std::optional<Lease> lease = parse_lease(line);
        if (!lease || !lease->forbids_reading) return false;
        const auto inode = parse_decimal<std::uint64_t>(lease->file.substr(lease->file.rfind(':') + 1));
        return inode && std::ranges::find(inodes, *inode) != inodes.end();
    });
}

}  // namespace subint_doctor::os
