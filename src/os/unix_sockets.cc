#include "unix_sockets.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

#include "line_reader.h"
#include "numbers.h"
#include "proc_file.h"
#include "process.h"
#include "subint_doctor/os/clock.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t answer_bytes = 64U << 10;
constexpr std::size_t longest_list = 32U << 20;
constexpr std::uint64_t longest_ns = 500'000'000;
constexpr const char* doing = "listing unix sockets with sock_diag";

Result<File> open_netlink() {
    File socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!socket.is_open()) return Error{ErrorCode::not_available, doing, {}, errno};
    return socket;
}

// A netlink socket keeps the network namespace of the thread that made it.
Result<File> open_netlink_in(const File& net_namespace) {
    Result<File> socket = Error{ErrorCode::bug, doing};
    try {
        std::thread([&] {
            if (setns(net_namespace.fd(), CLONE_NEWNET) == 0) {
                socket = open_netlink();
            } else {
                socket = Error{ErrorCode::not_permitted, "entering the network namespace of the process", {}, errno};
            }
        }).join();
    } catch (const std::system_error& error) {
        return Error{ErrorCode::not_available, "starting a thread", {}, error.code().value()};
    }
    return socket;
}

Result<File> open_netlink_of(const PinnedProcess& patient) {
    if (!in_other_namespace(patient.proc.fd(), "net")) return open_netlink();
    const Result<File> net_namespace = open_at(patient.proc.fd(), "ns/net", O_RDONLY);
    if (!net_namespace) return net_namespace.error();
    return open_netlink_in(*net_namespace);
}

bool ask_for_all(int socket) {
    struct {
        nlmsghdr head;
        unix_diag_req request;
    } message = {};
    message.head.nlmsg_len = sizeof(message);
    message.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.request.sdiag_family = AF_UNIX;
    message.request.udiag_states = ~0U;
    message.request.udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_MEMINFO;
    return send(socket, &message, sizeof(message), 0) == static_cast<ssize_t>(sizeof(message));
}

}  // namespace

Result<UnixSockets> dump_unix_sockets(const PinnedProcess& patient, const Inodes& wanted) {
    const Result<File> socket = open_netlink_of(patient);
    if (!socket) return socket.error();
    if (!ask_for_all(socket->fd())) return Error{ErrorCode::not_available, doing, {}, errno};
    UnixSockets sockets;
    std::vector<std::byte> answer(answer_bytes);
    const std::uint64_t deadline_ns = system_clock().now_ns() + longest_ns;
    while (system_clock().now_ns() < deadline_ns) {
        const ssize_t got = recv(socket->fd(), answer.data(), answer.size(), 0);
        if (got <= 0) return Error{ErrorCode::not_available, doing, {}, got < 0 ? errno : 0};
        const Result<bool> more =
            parse_unix_diag(std::span(answer).first(static_cast<std::size_t>(got)), wanted, sockets);
        if (!more) return more.error();
        if (!*more) return sockets;
    }
    return Error{ErrorCode::timeout, std::string(doing) + ": there are too many"};
}

Result<UnixSockets> list_unix_sockets(const PinnedProcess& patient, const Inodes& wanted) {
    constexpr int inode_column = 7;  // net/unix/af_unix.c, unix_seq_show
    UnixSockets sockets;
    const Status read = read_lines(patient.proc.fd(), "net/unix", longest_list, [&](std::string_view line) {
        std::string_view word;
        for (int column = 1; column <= inode_column; ++column) word = take_word(line);
        const auto inode = parse_decimal<std::uint64_t>(word);
        if (inode && wanted.contains(*inode)) sockets.try_emplace(*inode);
        return true;
    });
    if (!read.ok()) return read.error();
    return sockets;
}

Result<std::uint64_t> measure_charge_per_send() {
    constexpr const char* measuring = "measuring what one byte costs in a unix socket";
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return Error{ErrorCode::not_available, measuring, {}, errno};
    }
    const File sender(ends[0]);
    const File receiver(ends[1]);
    int charged = 0;
    if (send(sender.fd(), "", 1, 0) != 1 || ioctl(sender.fd(), SIOCOUTQ, &charged) != 0 || charged <= 0) {
        return Error{ErrorCode::not_available, measuring, {}, errno};
    }
    return static_cast<std::uint64_t>(charged);
}

}  // namespace subint_doctor::os
