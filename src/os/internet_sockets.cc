#include "internet_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <optional>
#include <unordered_set>
#include <utility>

#include "line_reader.h"
#include "numbers.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t longest_list = 32U << 20;

struct Table {
    const char* path;
    const char* protocol;
};

constexpr Table tables[] = {{"net/tcp", "tcp"}, {"net/tcp6", "tcp"}, {"net/udp", "udp"}, {"net/udp6", "udp"}};

// include/net/tcp_states.h, from 1 on
constexpr std::array states = {"established", "syn-sent",   "syn-received", "fin-wait-1", "fin-wait-2", "time-wait",
                               "closed",      "close-wait", "last-ack",     "listen",     "closing"};

// The kernel prints each 32-bit word of an address in the byte order of the machine.
template <std::size_t words>
std::optional<std::array<std::uint32_t, words>> parse_words(std::string_view text) {
    std::array<std::uint32_t, words> address{};
    for (std::size_t i = 0; i < words; ++i) {
        const auto word = parse_hex<std::uint32_t>(text.substr(8 * i, 8));
        if (!word) return std::nullopt;
        address[i] = *word;
    }
    return address;
}

std::string print(int family, const void* address, unsigned port) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(family, address, text.data(), text.size()) == nullptr) return {};
    return family == AF_INET6 ? fmt::format("[{}]:{}", text.data(), port) : fmt::format("{}:{}", text.data(), port);
}

}  // namespace

std::string parse_internet_address(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    const auto port = parse_hex<unsigned>(text.substr(colon + 1));
    const std::string_view digits = text.substr(0, colon);
    if (!port) return {};
    if (digits.size() == 8) {
        const auto address = parse_words<1>(digits);
        return address ? print(AF_INET, address->data(), *port) : std::string();
    }
    if (digits.size() != 32) return {};
    const auto address = parse_words<4>(digits);
    return address ? print(AF_INET6, address->data(), *port) : std::string();
}

std::optional<SocketLine> parse_socket_line(std::string_view line) {
    constexpr int inode_column = 10;
    std::array<std::string_view, inode_column> words;
    for (std::string_view& word : words) word = take_word(line);
    const auto inode = parse_decimal<std::uint64_t>(words[inode_column - 1]);
    if (!inode) return std::nullopt;
    return SocketLine{*inode, words[1], words[2], words[3]};
}

SocketAddresses describe_socket(const SocketLine& line, std::string protocol) {
    SocketAddresses socket;
    socket.protocol = std::move(protocol);
    socket.local = parse_internet_address(line.local);
    const bool connected = !line.remote.ends_with(":0000");
    if (connected) socket.remote = parse_internet_address(line.remote);
    const auto state = parse_hex<std::size_t>(line.state).value_or(0);
    if (state >= 1 && state <= states.size()) socket.state = states[state - 1];
    return socket;
}

Result<AddressesByInode> read_socket_addresses(const PinnedProcess& patient, std::span<const std::uint64_t> inodes) {
    std::unordered_set<std::uint64_t> wanted(inodes.begin(), inodes.end());
    wanted.erase(0);  // one that is closed and waits for its time to end
    AddressesByInode found;
    std::optional<Error> unread;
    for (const Table& table : tables) {
        const Status read = read_lines(patient.proc.fd(), table.path, longest_list, [&](std::string_view text) {
            const std::optional<SocketLine> line = parse_socket_line(text);
            if (line && wanted.erase(line->inode) > 0)
                found.emplace(line->inode, describe_socket(*line, table.protocol));
            return !wanted.empty();
        });
        if (wanted.empty()) return found;
        // A kernel without IPv6 has no such files.
        if (!read.ok() && read.error().errno_value != ENOENT) unread = read.error();
    }
    if (unread && found.empty()) return *unread;
    return found;
}

}  // namespace subint_doctor::os
