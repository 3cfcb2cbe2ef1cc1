// The descriptor table; see Target::descriptors().
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "pinned_process.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::os {

// A link of /proc/PID/fd: "socket:[4711]", "anon_inode:[eventfd]", "/dev/null". Sockets come out as other_socket.
DescriptorKind kind_of_link(std::string_view link);

// 4711 of "socket:[4711]" and "pipe:[4711]", else 0.
std::uint64_t inode_of_link(std::string_view link);

// A "tfd:" line of an epoll set's fdinfo: fs/eventpoll.c, ep_show_fdinfo. Empty: another line.
std::optional<EpollTarget> parse_epoll_line(std::string_view line);

Result<std::vector<Descriptor>> read_descriptors(const PinnedProcess& patient, std::vector<Unread>& unread);

}  // namespace subint_doctor::os
