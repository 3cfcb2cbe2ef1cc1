// The addresses of TCP and UDP sockets, from /proc/PID/net; see LiveTarget::socket_addresses().
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pinned_process.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {

// "0100007F:1F90" is "127.0.0.1:8080"; 32 digits before the colon are "[::1]:8080". Empty for anything else.
std::string parse_internet_address(std::string_view text);

// One line of net/tcp, tcp6, udp or udp6, net/ipv4/tcp_ipv4.c, get_tcp4_sock().
struct SocketLine {
    std::uint64_t inode = 0;
    std::string_view local;
    std::string_view remote;
    std::string_view state;
};

// Empty for the line of headings.
std::optional<SocketLine> parse_socket_line(std::string_view line);

SocketAddresses describe_socket(const SocketLine& line, std::string protocol);

Result<AddressesByInode> read_socket_addresses(const PinnedProcess& patient, std::span<const std::uint64_t> inodes);

}  // namespace subint_doctor::os
