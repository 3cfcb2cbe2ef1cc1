// The addresses of TCP and UDP sockets, from /proc/PID/net; see LiveTarget::socket_addresses().
#pragma once

#include <string_view>

#include "pinned_process.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {

// "0100007F:1F90" is "127.0.0.1:8080"; 32 digits before the colon are "[::1]:8080". Empty for anything else.
std::string parse_internet_address(std::string_view text);

// One line of net/tcp, tcp6, udp or udp6, net/ipv4/tcp_ipv4.c, get_tcp4_sock(): the socket if it has that inode.
std::optional<SocketAddresses> parse_socket_line(std::string_view line, std::uint64_t inode);

Result<SocketAddresses> read_socket_addresses(const PinnedProcess& patient, std::uint64_t inode);

}  // namespace subint_doctor::os
