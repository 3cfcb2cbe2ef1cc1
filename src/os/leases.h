// Files that nobody may open without its leaseholder being told and waited for: fcntl(2), F_SETLEASE.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace subint_doctor::os {

// Whether a line of /proc/locks, proc_locks(5), is a lease on that file that reading it would break. A read lease that
// nobody breaks is none.
bool is_lease_against_reading(std::string_view line, std::uint64_t device, std::uint64_t inode);

// Leases of processes in a pid namespace that is not ours or below it are not listed; then nobody knows.
bool has_lease(std::uint64_t device, std::uint64_t inode);

// Whether one of these inodes, of whichever file system, has a lease that reading it would break.
bool may_have_lease(std::span<const std::uint64_t> inodes);

}  // namespace subint_doctor::os
