// All unix sockets of a network namespace, through sock_diag(7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "pinned_process.h"
#include "subint_doctor/model/result.h"

namespace subint_doctor::os {

struct UnixSocket {
    std::uint64_t peer_inode = 0;  // 0: none
    std::optional<std::uint64_t>
        unread_bytes;  // empty for datagrams (the kernel tells of the first only) and listeners
    std::optional<std::uint64_t> charged_bytes;
    std::optional<std::uint64_t> send_limit_bytes;
};
using UnixSockets = std::unordered_map<std::uint64_t, UnixSocket>;  // by inode
using Inodes = std::unordered_set<std::uint64_t>;

// One batch of netlink(7) messages; adds those of its sockets that are `wanted`. True: more will come. Fails with
// `not_available` and the kernel's errno, `corrupt`.
Result<bool> parse_unix_diag(std::span<const std::byte> batch, const Inodes& wanted, UnixSockets& sockets);

// The `wanted` sockets of the patient's network namespace, which is entered for the moment by a thread of its own if it
// is not ours. Fails with `not_permitted`, `not_available`, `timeout` (there are too many to be listed in 500 ms).
Result<UnixSockets> dump_unix_sockets(const PinnedProcess& patient, const Inodes& wanted);

// Just which of them are unix sockets, from /proc/PID/net/unix: for where the dump fails.
Result<UnixSockets> list_unix_sockets(const PinnedProcess& patient, const Inodes& wanted);

// See LiveTarget::charge_per_send().
Result<std::uint64_t> measure_charge_per_send();

}  // namespace subint_doctor::os
