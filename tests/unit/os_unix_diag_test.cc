#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>
#include <vector>

#include "unix_sockets.h"

namespace subint_doctor::os {
namespace {

using Bytes = std::vector<std::byte>;

template <typename T>
void append(Bytes& bytes, const T& value) {
    const auto added = std::as_bytes(std::span<const T, 1>(&value, 1));
    bytes.insert(bytes.end(), added.begin(), added.end());
}

template <typename T>
Bytes attribute(unsigned short type, const T& payload) {
    Bytes bytes;
    append(bytes, nlattr{static_cast<unsigned short>(sizeof(nlattr) + sizeof(T)), type});
    append(bytes, payload);
    return bytes;
}

Bytes message(unsigned short type, const Bytes& payload) {
    Bytes bytes;
    nlmsghdr head{};
    head.nlmsg_len = static_cast<unsigned>(sizeof(head) + payload.size());
    head.nlmsg_type = type;
    append(bytes, head);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

Bytes socket_message(unsigned inode, unsigned char type, unsigned char state) {
    Bytes payload;
    unix_diag_msg head{};
    head.udiag_ino = inode;
    head.udiag_type = type;
    head.udiag_state = state;
    append(payload, head);
    const std::array<std::uint32_t, 9> meminfo = {11, 12, 4608, 4609, 15, 16, 17, 18, 19};
    for (const Bytes& part :
         {attribute(UNIX_DIAG_PEER, std::uint32_t{78}), attribute(UNIX_DIAG_RQLEN, unix_diag_rqlen{6, 0}),
          attribute(UNIX_DIAG_MEMINFO, meminfo)}) {
        payload.insert(payload.end(), part.begin(), part.end());
    }
    return message(SOCK_DIAG_BY_FAMILY, payload);
}

UnixSocket parsed(unsigned char type, unsigned char state) {
    UnixSockets sockets;
    EXPECT_TRUE(parse_unix_diag(socket_message(77, type, state), {76, 77}, sockets).value_or(false));
    EXPECT_EQ(sockets.size(), 1U);
    return sockets[77];
}

constexpr unsigned char established = 1;
constexpr unsigned char listening = 10;

TEST(UnixDiag, ASocketHasPeerAndQueue) {
    const UnixSocket socket = parsed(SOCK_STREAM, established);
    EXPECT_EQ(socket.peer_inode, 78U);
    EXPECT_EQ(socket.unread_bytes, 6U);
    EXPECT_EQ(socket.charged_bytes, 4608U);
    EXPECT_EQ(socket.send_limit_bytes, 4609U);
}

TEST(UnixDiag, WhatIsNotACountOfBytesIsNotTakenForOne) {
    EXPECT_FALSE(parsed(SOCK_STREAM, listening).unread_bytes);
    EXPECT_FALSE(parsed(SOCK_DGRAM, established).unread_bytes);
}

TEST(UnixDiag, SocketsOfOthersAreNotKept) {
    UnixSockets sockets;
    EXPECT_TRUE(parse_unix_diag(socket_message(77, SOCK_STREAM, established), {78}, sockets).value_or(false));
    EXPECT_TRUE(sockets.empty());
}

TEST(UnixDiag, TheLastBatchSaysSo) {
    UnixSockets sockets;
    const auto more = parse_unix_diag(message(NLMSG_DONE, Bytes(4)), {}, sockets);
    ASSERT_TRUE(more);
    EXPECT_FALSE(*more);
}

TEST(UnixDiag, ARefusalKeepsItsReason) {
    Bytes payload;
    append(payload, nlmsgerr{-ENOENT, {}});
    UnixSockets sockets;
    const auto more = parse_unix_diag(message(NLMSG_ERROR, payload), {}, sockets);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().errno_value, ENOENT);
}

TEST(UnixDiag, CutOrDamagedItIsSurvived) {
    const Bytes whole = socket_message(77, SOCK_STREAM, established);
    for (std::size_t length = 1; length < whole.size(); ++length) {
        UnixSockets sockets;
        EXPECT_FALSE(parse_unix_diag(std::span(whole).first(length), {77}, sockets)) << length;
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int value : {0, 1, 0x7f, 0xff}) {
            Bytes damaged = whole;
            damaged[at] = static_cast<std::byte>(value);
            UnixSockets sockets;
            const auto more = parse_unix_diag(damaged, {77}, sockets);
            EXPECT_LE(sockets.size(), 1U);
            EXPECT_TRUE(more || more.error().code != ErrorCode::bug);
        }
    }
}

}  // namespace
}  // namespace subint_doctor::os
