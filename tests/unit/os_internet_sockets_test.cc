#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "internet_sockets.h"
#include "subint_doctor/os/file.h"

namespace subint_doctor::os {
namespace {

std::uint64_t inode_of(const File& socket) {
    struct stat facts {};
    EXPECT_EQ(fstat(socket.fd(), &facts), 0);
    return facts.st_ino;
}

// A loopback socket that listens on a port of the kernel's choice.
struct Listener {
    File socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};

    Listener() {
        socklen_t size = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(bind(socket.fd(), generic(), size), 0);
        EXPECT_EQ(listen(socket.fd(), 1), 0);
        EXPECT_EQ(getsockname(socket.fd(), generic(), &size), 0);
    }
    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address); }
    std::string text() const { return fmt::format("127.0.0.1:{}", ntohs(address.sin_port)); }
};

TEST(InternetAddress, IsReadAsTheKernelPrintsIt) {
    EXPECT_EQ(parse_internet_address("0100007F:1F90"), "127.0.0.1:8080");
    EXPECT_EQ(parse_internet_address("00000000000000000000000001000000:0050"), "[::1]:80");
    EXPECT_EQ(parse_internet_address("B80D01200000000000000000010000FF:FFFF"), "[2001:db8::ff00:1]:65535");
    for (const char* text : {"", ":", "0100007F", "0100007F:", "0100007G:0050", "01:0050", "0100007F:99999999999"}) {
        EXPECT_EQ(parse_internet_address(text), "") << text;
    }
}

TEST(InternetSockets, ALineIsTakenApart) {
    constexpr std::string_view line =
        "   0: 0100007F:1F90 0200007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 20 4 30 10 -1";
    const auto found = parse_socket_line(line);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->inode, 4711U);
    const SocketAddresses socket = describe_socket(*found, "tcp");
    EXPECT_EQ(socket.protocol, "tcp");
    EXPECT_EQ(socket.local, "127.0.0.1:8080");
    EXPECT_EQ(socket.remote, "127.0.0.2:49152");
    EXPECT_EQ(socket.state, "established");
    EXPECT_FALSE(parse_socket_line("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when inode"));
    EXPECT_FALSE(parse_socket_line(""));
}

TEST(InternetSockets, BothEndsOfAConnection) {
    const auto self = pin_process(getpid());
    ASSERT_TRUE(self);
    Listener listener;
    const File client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(client.fd(), listener.generic(), sizeof listener.address), 0);
    const std::array inodes = {inode_of(listener.socket), inode_of(client)};
    const auto found = read_socket_addresses(*self, inodes);
    ASSERT_TRUE(found) << describe(found.error());
    ASSERT_EQ(found->size(), 2U);
    const SocketAddresses& waiting = found->at(inodes[0]);
    EXPECT_EQ(waiting.protocol, "tcp");
    EXPECT_EQ(waiting.local, listener.text());
    EXPECT_EQ(waiting.remote, "");
    EXPECT_EQ(waiting.state, "listen");
    const SocketAddresses& connected = found->at(inodes[1]);
    EXPECT_EQ(connected.remote, listener.text());
    EXPECT_TRUE(connected.local.starts_with("127.0.0.1:"));
    EXPECT_EQ(connected.state, "established");
}

TEST(InternetSockets, AnotherSocketIsNone) {
    const auto self = pin_process(getpid());
    ASSERT_TRUE(self);
    const File unix_socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const std::array inodes = {inode_of(unix_socket), std::uint64_t{0}};
    const auto found = read_socket_addresses(*self, inodes);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->empty());
}

}  // namespace
}  // namespace subint_doctor::os
