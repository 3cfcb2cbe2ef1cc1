#include "descriptors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "line_reader.h"
#include "numbers.h"
#include "proc_file.h"
#include "unix_sockets.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t most_descriptors = 1U << 16;
constexpr std::size_t longest_epoll_set = 8U << 20;  // 90,000 watched descriptors

struct LinkKind {
    std::string_view start;
    DescriptorKind kind;
};

constexpr LinkKind link_kinds[] = {
    {"socket:[", DescriptorKind::other_socket},
    {"pipe:[", DescriptorKind::pipe},
    {"anon_inode:[eventfd", DescriptorKind::eventfd},
    {"anon_inode:[eventpoll", DescriptorKind::epoll},
    {"anon_inode:[pidfd", DescriptorKind::pidfd},
    {"pidfd:[", DescriptorKind::pidfd},
    {"/", DescriptorKind::file},
};

// Empty: it was closed meanwhile.
std::optional<Descriptor> read_descriptor(int folder, int fd) {
    const std::string name = std::to_string(fd);
    Result<std::string> link = read_link(folder, name.c_str());
    struct stat facts {};
    if (!link || fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    Descriptor descriptor;
    descriptor.fd = fd;
    descriptor.kind = kind_of_link(*link);
    descriptor.inode = inode_of_link(*link);
    descriptor.link = std::move(*link);
    descriptor.readable = (facts.st_mode & S_IRUSR) != 0;
    descriptor.writable = (facts.st_mode & S_IWUSR) != 0;
    return descriptor;
}

void add_watched(const PinnedProcess& patient, Descriptor& descriptor, std::vector<Unread>& unread) {
    const std::string path = fmt::format("fdinfo/{}", descriptor.fd);
    const Status read = read_lines(patient.proc.fd(), path.c_str(), longest_epoll_set, [&](std::string_view line) {
        if (const auto target = parse_epoll_line(line)) descriptor.watched.push_back(*target);
        return true;
    });
    if (!read.ok()) unread.push_back({Fact::epoll_sets, read.error()});
}

void add_queue(const UnixSockets& sockets, Descriptor& descriptor, bool with_queues) {
    const auto found = sockets.find(descriptor.inode);
    if (found == sockets.end()) return;
    descriptor.kind = DescriptorKind::unix_socket;
    if (!with_queues) return;
    descriptor.peer_inode = found->second.peer_inode;
    descriptor.unread_bytes = found->second.unread_bytes;
    descriptor.charged_bytes = found->second.charged_bytes;
    descriptor.send_limit_bytes = found->second.send_limit_bytes;
}

void add_socket_facts(const PinnedProcess& patient, std::vector<Descriptor>& descriptors, std::vector<Unread>& unread) {
    const auto is_socket = [](const Descriptor& d) { return d.kind == DescriptorKind::other_socket; };
    Inodes wanted;
    for (const Descriptor& descriptor : descriptors) {
        if (is_socket(descriptor)) wanted.insert(descriptor.inode);
    }
    if (wanted.empty()) return;
    Result<UnixSockets> sockets = dump_unix_sockets(patient, wanted);
    const bool with_queues = sockets.ok();
    if (!with_queues) {
        unread.push_back({Fact::socket_queues, sockets.error()});
        sockets = list_unix_sockets(patient, wanted);
    }
    if (!sockets) return;
    for (Descriptor& descriptor : descriptors) {
        if (is_socket(descriptor)) add_queue(*sockets, descriptor, with_queues);
    }
}

}  // namespace

DescriptorKind kind_of_link(std::string_view link) {
    for (const LinkKind& row : link_kinds) {
        if (link.starts_with(row.start)) return row.kind;
    }
    return DescriptorKind::other;
}

std::uint64_t inode_of_link(std::string_view link) {
    const DescriptorKind kind = kind_of_link(link);
    if (kind != DescriptorKind::other_socket && kind != DescriptorKind::pipe) return 0;
    const std::size_t start = link.find('[') + 1;
    return parse_decimal<std::uint64_t>(link.substr(start, link.find(']') - start)).value_or(0);
}

std::optional<EpollTarget> parse_epoll_line(std::string_view line) {
    if (take_word(line) != "tfd:") return std::nullopt;
    EpollTarget target;
    target.fd = parse_decimal<int>(take_word(line)).value_or(-1);
    while (!line.empty()) {
        const std::string_view word = take_word(line);
        if (word == "events:") target.events = parse_hex<std::uint32_t>(take_word(line)).value_or(0);
        if (!word.starts_with("ino:")) continue;
        target.inode = parse_hex<std::uint64_t>(word.substr(word.find(':') + 1)).value_or(0);
    }
    return target;
}

Result<std::vector<Descriptor>> read_descriptors(const PinnedProcess& patient, std::vector<Unread>& unread) {
    Result<NumberList> fds = list_numbers(patient.proc.fd(), "fd", most_descriptors);
    if (!fds) return fds.error();
    const Result<File> folder = open_at(patient.proc.fd(), "fd", O_RDONLY | O_DIRECTORY);
    if (!folder) return folder.error();
    std::ranges::sort(fds->numbers);
    if (!fds->complete) {
        unread.push_back({Fact::descriptor_list, {ErrorCode::limit, "listing fd, which is longer than expected"}});
    }
    std::vector<Descriptor> descriptors;
    descriptors.reserve(fds->numbers.size());
    for (const int fd : fds->numbers) {
        if (auto descriptor = read_descriptor(folder->fd(), fd)) descriptors.push_back(std::move(*descriptor));
    }
    for (Descriptor& descriptor : descriptors) {
        if (descriptor.kind == DescriptorKind::epoll) add_watched(patient, descriptor, unread);
    }
    add_socket_facts(patient, descriptors, unread);
    return descriptors;
}

}  // namespace subint_doctor::os
