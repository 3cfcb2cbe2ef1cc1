#include "patient_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "file_user.h"
#include "leases.h"
#include "line_reader.h"
#include "numbers.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t longest_mountinfo = 4U << 20;
constexpr std::array local_file_systems = {"bcachefs", "btrfs", "erofs",   "ext2",  "ext3",
                                           "ext4",     "f2fs",  "overlay", "ramfs", "reiserfs",
                                           "squashfs", "tmpfs", "vfat",    "xfs",   "zfs"};

struct Found {
    std::size_t path = 0;  // index
    File file;  // O_PATH
    struct statx facts {};
};

// openat2(2): links are followed below the patient's root, and nothing is looked up that would have to be asked for.
File find_cached(const File& root, const std::string& path) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED;
    return File(static_cast<int>(syscall(SYS_openat2, root.fd(), path.c_str(), &how, sizeof how)));
}

std::vector<Found> find_files(const File& root, std::span<const std::string> paths) {
    std::vector<Found> found;
    for (std::size_t n = 0; n < paths.size(); ++n) {
        if (!paths[n].starts_with('/')) continue;
        Found one{n, find_cached(root, paths[n]), {}};
        if (!one.file.is_open()) continue;
        constexpr unsigned wanted = STATX_TYPE | STATX_INO | STATX_SIZE | STATX_MTIME | STATX_MNT_ID;
        const int problem = statx(one.file.fd(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, wanted, &one.facts);
        const bool usable = problem == 0 && (one.facts.stx_mask & wanted) == wanted && S_ISREG(one.facts.stx_mode);
        if (usable) found.push_back(std::move(one));
    }
    return found;
}

// A list has the mounts below the reader's root folder alone: that of a patient in chroot(2) lacks the one its root is on.
std::unordered_set<std::uint64_t> local_mounts(const PinnedProcess& patient) {
    std::unordered_set<std::uint64_t> local;
    const auto take = [&](std::string_view line) {
        const std::optional<MountLine> mount = parse_mount_line(line);
        if (mount && is_local_file_system(mount->file_system)) local.insert(mount->id);
        return true;
    };
    (void)read_lines(patient.proc.fd(), "mountinfo", longest_mountinfo, take);
    (void)read_lines(AT_FDCWD, "/proc/self/mountinfo", longest_mountinfo, take);
    return local;
}

std::optional<FileText> read_text_of(const Found& found, std::size_t most_bytes) {
    const auto file =
        open_at(AT_FDCWD, fmt::format("/proc/self/fd/{}", found.file.fd()).c_str(), O_RDONLY | O_NONBLOCK);
    if (!file) return std::nullopt;
    FileText result;
    result.modified_unix_ms = found.facts.stx_mtime.tv_sec * 1'000 + found.facts.stx_mtime.tv_nsec / 1'000'000;
    result.text.resize(std::min<std::uint64_t>(found.facts.stx_size, most_bytes));
    std::size_t done = 0;
    while (done < result.text.size()) {
        const ssize_t got =
            pread(file->fd(), result.text.data() + done, result.text.size() - done, static_cast<off_t>(done));
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
    }
    result.text.resize(done);
    return result;
}

}  // namespace

std::optional<MountLine> parse_mount_line(std::string_view line) {
    constexpr std::string_view separator = " - ";
    const std::size_t dash = line.find(separator);
    if (dash == std::string_view::npos) return std::nullopt;
    std::string_view behind = line.substr(dash + separator.size());
    const auto id = parse_decimal<std::uint64_t>(take_word(line));
    if (!id) return std::nullopt;
    return MountLine{*id, take_word(behind)};
}

bool is_local_file_system(std::string_view name) {
    return std::ranges::find(local_file_systems, name) != local_file_systems.end();
}

Result<std::vector<std::optional<FileText>>> read_patient_files(const PinnedProcess& patient,
                                                                std::span<const std::string> paths,
                                                                std::size_t most_bytes) {
    std::vector<std::optional<FileText>> texts(paths.size());
    const Result<StatusFacts> status = read_status(patient.proc.fd());
    const Result<File> root = open_at(patient.proc.fd(), "root", O_PATH | O_DIRECTORY);
    if (paths.empty() || !status || !root) return texts;
    std::vector<Found> found;
    if (const FileUser user(*status); user.is_that_user()) found = find_files(*root, paths);
    if (found.empty()) return texts;
    const std::unordered_set<std::uint64_t> local = local_mounts(patient);
    std::erase_if(found, [&](const Found& one) { return !local.contains(one.facts.stx_mnt_id); });
    std::vector<std::uint64_t> inodes;
    inodes.reserve(found.size());
    for (const Found& one : found) inodes.push_back(one.facts.stx_ino);
    if (inodes.empty() || may_have_lease(inodes)) return texts;
    const FileUser user(*status);
    for (const Found& one : found) {
        if (user.is_that_user()) texts[one.path] = read_text_of(one, most_bytes);
    }
    return texts;
}

}  // namespace subint_doctor::os
