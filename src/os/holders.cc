#include "holders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t most_processes = 1U << 22;  // PID_MAX_LIMIT, include/linux/threads.h
constexpr std::size_t most_descriptors = 1U << 20;

bool can_read(int folder, const char* fd) {
    struct stat facts {};
    return fstatat(folder, fd, &facts, AT_SYMLINK_NOFOLLOW) == 0 && (facts.st_mode & S_IRUSR) != 0;
}

// Empty: it has none. An error: we may not look.
Result<std::optional<int>> find_reading_fd(const std::string& fds_path, const std::string& link) {
    const Result<File> folder = open_at(AT_FDCWD, fds_path.c_str(), O_RDONLY | O_DIRECTORY);
    if (!folder) return folder.error();
    const Result<std::vector<int>> fds = list_numbers(folder->fd(), ".", most_descriptors);
    if (!fds) return fds.error();
    for (const int fd : *fds) {
        const std::string name = std::to_string(fd);
        const Result<std::string> found = read_link(folder->fd(), name.c_str());
        if (found && *found == link && can_read(folder->fd(), name.c_str())) return std::optional<int>(fd);
    }
    return std::optional<int>();
}

}  // namespace

Result<Holder> find_holder(int patient_pid, DescriptorKind kind, std::uint64_t inode) {
    const std::string link = fmt::format("{}:[{}]", kind == DescriptorKind::pipe ? "pipe" : "socket", inode);
    const Result<std::vector<int>> pids = list_numbers(AT_FDCWD, "/proc", most_processes);
    if (!pids) return pids.error();
    bool refused = false;
    for (const int pid : *pids) {
        if (pid == patient_pid || pid == getpid()) continue;
        const auto fd = find_reading_fd(fmt::format("/proc/{}/fd", pid), link);
        if (fd && *fd) return Holder{pid, **fd};
        refused = refused || (!fd && fd.error().code == ErrorCode::not_permitted);
    }
    const std::string doing = fmt::format("looking for a reader of {}", link);
    if (refused) return Error{ErrorCode::not_permitted, doing + ": not every process may be looked at"};
    return Error{ErrorCode::unreadable, doing + ": no other process has one"};
}

}  // namespace subint_doctor::os
