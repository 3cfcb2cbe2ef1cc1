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
    take_word(line);  // its number
    if (take_word(line) != "LEASE") return false;
    const std::string_view state = take_word(line);
    const std::string_view type = take_word(line);
    take_word(line);  // the holder
    if (!names_file(take_word(line), device, inode)) return false;
    return state != "ACTIVE" || type != "READ";
}

bool has_lease(std::uint64_t device, std::uint64_t inode) {
    bool found = false;
    // A list that cannot be read, or is longer than that, says nothing: the opening does not wait anyway.
    (void)read_lines(AT_FDCWD, "/proc/locks", longest_list, [&](std::string_view line) {
        found = is_lease_against_reading(line, device, inode);
        return !found;
    });
    return found;
}

}  // namespace subint_doctor::os
