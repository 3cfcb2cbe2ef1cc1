// The answers of the kernel to a unix_diag request: net/unix/diag.c.
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>

#include "subint_doctor/model/memory_reader.h"
#include "unix_sockets.h"

namespace subint_doctor::os {
namespace {

constexpr std::uint8_t state_listen = 10;  // TCP_LISTEN, include/net/tcp_states.h

constexpr std::size_t aligned(std::size_t bytes) {
    return (bytes + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1};
}

std::uint32_t word_at(std::span<const std::byte> bytes, std::size_t offset) {
    return value_at<std::uint32_t>(bytes, offset).value_or(0);
}

void set_attribute(unsigned type, std::span<const std::byte> payload, const unix_diag_msg& head, UnixSocket& socket) {
    if (type == UNIX_DIAG_PEER) {
        socket.peer_inode = word_at(payload, 0);
    } else if (type == UNIX_DIAG_RQLEN) {
        const bool counts_all = head.udiag_type == SOCK_STREAM || head.udiag_type == SOCK_SEQPACKET;
        if (counts_all && head.udiag_state != state_listen) socket.unread_bytes = word_at(payload, 0);
    } else if (type == UNIX_DIAG_MEMINFO) {
        socket.charged_bytes = word_at(payload, SK_MEMINFO_WMEM_ALLOC * sizeof(std::uint32_t));
        socket.send_limit_bytes = word_at(payload, SK_MEMINFO_SNDBUF * sizeof(std::uint32_t));
    }
}

void parse_socket(std::span<const std::byte> message, const Inodes& wanted, UnixSockets& sockets) {
    const auto head = value_at<unix_diag_msg>(message, 0);
    if (!head || !wanted.contains(head->udiag_ino)) return;
    UnixSocket& socket = sockets[head->udiag_ino];
    std::span<const std::byte> rest = message.subspan(std::min(aligned(sizeof(unix_diag_msg)), message.size()));
    while (const auto attribute = value_at<nlattr>(rest, 0)) {
        if (attribute->nla_len < sizeof(nlattr) || attribute->nla_len > rest.size()) return;
        set_attribute(attribute->nla_type, rest.subspan(sizeof(nlattr), attribute->nla_len - sizeof(nlattr)), *head,
                      socket);
        rest = rest.subspan(std::min(aligned(attribute->nla_len), rest.size()));
    }
}

}  // namespace

Result<bool> parse_unix_diag(std::span<const std::byte> batch, const Inodes& wanted, UnixSockets& sockets) {
    while (!batch.empty()) {
        const auto head = value_at<nlmsghdr>(batch, 0);
        if (!head || head->nlmsg_len < sizeof(nlmsghdr) || head->nlmsg_len > batch.size()) {
            return Error{ErrorCode::corrupt, "listing unix sockets: the kernel's answer is cut"};
        }
        const std::span<const std::byte> message = batch.subspan(sizeof(nlmsghdr), head->nlmsg_len - sizeof(nlmsghdr));
        if (head->nlmsg_type == NLMSG_DONE) return false;
        if (head->nlmsg_type == NLMSG_ERROR) {
            const int problem = -value_at<nlmsgerr>(message, 0).value_or({}).error;
            return Error{ErrorCode::not_available, "listing unix sockets with sock_diag", {}, problem};
        }
        parse_socket(message, wanted, sockets);
        batch = batch.subspan(std::min(aligned(head->nlmsg_len), batch.size()));
    }
    return true;
}

}  // namespace subint_doctor::os
