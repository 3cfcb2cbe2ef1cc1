#include "holders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "proc_file.h"
#include "subint_doctor/os/clock.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t most_processes = 1U << 22;  // PID_MAX_LIMIT, include/linux/threads.h
constexpr std::size_t most_descriptors = 1U << 17;
constexpr std::uint64_t longest_ns = 200'000'000;

bool can_read(int folder, const char* fd) {
    struct stat facts {};
    return fstatat(folder, fd, &facts, AT_SYMLINK_NOFOLLOW) == 0 && (facts.st_mode & S_IRUSR) != 0;
}

bool is_late(std::uint64_t deadline_ns) { return system_clock().now_ns() >= deadline_ns; }

// Empty: it has none that was found in time. An error: we may not look.
Result<std::optional<int>> find_reading_fd(const std::string& fds_path, const std::string& link,
                                           std::uint64_t deadline_ns) {
    const Result<File> folder = open_at(AT_FDCWD, fds_path.c_str(), O_RDONLY | O_DIRECTORY);
    if (!folder) return folder.error();
    const Result<NumberList> fds = list_numbers(folder->fd(), ".", most_descriptors);
    if (!fds) return fds.error();
    for (const int fd : fds->numbers) {
        if (is_late(deadline_ns)) break;
        const std::string name = std::to_string(fd);
        const Result<std::string> found = read_link(folder->fd(), name.c_str());
        if (found && *found == link && can_read(folder->fd(), name.c_str())) return std::optional<int>(fd);
    }
    return std::optional<int>();
}

}  // namespace

Result<Holder> find_holder(int patient_pid, DescriptorKind kind, std::uint64_t inode) {
    const std::string link = fmt::format("{}:[{}]", kind == DescriptorKind::pipe ? "pipe" : "socket", inode);
    const Result<NumberList> pids = list_numbers(AT_FDCWD, "/proc", most_processes);
    if (!pids) return pids.error();
    bool refused = false;
    const std::uint64_t deadline_ns = system_clock().now_ns() + longest_ns;
    const std::string doing = fmt::format("looking for a reader of {}", link);
    for (const int pid : pids->numbers) {
        if (pid == patient_pid || pid == getpid()) continue;
        const auto fd = find_reading_fd(fmt::format("/proc/{}/fd", pid), link, deadline_ns);
        if (fd && *fd) return Holder{pid, **fd};
        if (is_late(deadline_ns))
            return Error{ErrorCode::timeout, doing + ": there are too many to see them all in time"};
        refused = refused || (!fd && fd.error().code == ErrorCode::not_permitted);
    }
    if (refused) return Error{ErrorCode::not_permitted, doing + ": not every process may be looked at"};
    return Error{ErrorCode::unreadable, doing + ": no other process has one"};
}

}  // namespace subint_doctor::os
