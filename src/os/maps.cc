#include "maps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <optional>

#include "leases.h"
#include "line_reader.h"
#include "numbers.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t longest_maps = 16U << 20;  // 160,000 mappings with usual paths
constexpr std::size_t probe_bytes = 1;

std::optional<Mapping> parse_line(std::string_view line) {
    const std::string_view range = take_word(line);
    const std::string_view permissions = take_word(line);
    const auto offset = parse_hex<std::uint64_t>(take_word(line));
    const std::string_view device = take_word(line);
    const auto inode = parse_decimal<std::uint64_t>(take_word(line));
    const std::size_t dash = std::min(range.find('-'), range.size());
    const std::size_t colon = std::min(device.find(':'), device.size());
    const auto start = parse_hex<std::uint64_t>(range.substr(0, dash));
    const auto end = parse_hex<std::uint64_t>(range.substr(std::min(dash + 1, range.size())));
    const auto device_major = parse_hex<unsigned>(device.substr(0, colon));
    const auto device_minor = parse_hex<unsigned>(device.substr(std::min(colon + 1, device.size())));
    if (!offset || !inode || !start || !end || !device_major || !device_minor || permissions.size() != 4) return {};

    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    Mapping mapping;
    mapping.start = {*start};
    mapping.end = {*end};
    mapping.file_offset = *offset;
    mapping.readable = permissions[0] == 'r';
    mapping.writable = permissions[1] == 'w';
    mapping.executable = permissions[2] == 'x';
    mapping.device = makedev(*device_major, *device_minor);
    mapping.inode = *inode;
    mapping.path = line;
    return mapping;
}

bool same_file(const Mapping& mapping, std::uint64_t device, std::uint64_t inode) {
    return mapping.device == device && mapping.inode == inode;
}

// On some file systems (btrfs, overlayfs) stat and maps give a file different numbers. A mapping of our own tells what
// maps calls it; nothing is ever read through that.
bool maps_as(int fd, const Mapping& mapping) {
    void* probe = mmap(nullptr, probe_bytes, PROT_NONE, MAP_PRIVATE, fd, 0);
    if (probe == MAP_FAILED) return false;
    const Address at{reinterpret_cast<std::uint64_t>(probe)};
    const Result<std::string> text = read_whole(AT_FDCWD, "/proc/self/maps", longest_maps);
    munmap(probe, probe_bytes);
    if (!text) return false;
    const std::vector<Mapping> ours = parse_maps(*text);
    return std::ranges::any_of(ours, [&](const Mapping& own) {
        return own.start <= at && at < own.end && same_file(mapping, own.device, own.inode);
    });
}

// The list of all locks costs the machine a grace period of RCU (fs/locks.c, locks_start): 10 ms. A lease against reading is
// granted only to the one opening of a file, and a program that runs is another one (check_conflicting_open).
bool is_leased(int proc, const struct stat& file, const Mapping& mapping) {
    struct stat program {};
    const bool runs =
        fstatat(proc, "exe", &program, 0) == 0 && program.st_dev == file.st_dev && program.st_ino == file.st_ino;
    if (runs) return false;
    return has_lease(file.st_dev, file.st_ino) ||
           (!same_file(mapping, file.st_dev, file.st_ino) && has_lease(mapping.device, mapping.inode));
}

// A path from the patient may be a fifo or a device by now, which must not be opened for reading. `proc`: the patient's.
Result<File> open_if_same(int proc, int folder, const std::string& path, const Mapping& mapping) {
    const Result<File> found = open_at(folder, path.c_str(), O_PATH);
    if (!found) return found.error();
    struct stat facts {};
    if (fstat(found->fd(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return Error{ErrorCode::unreadable, fmt::format("opening {}, which is no regular file", path)};
    }
    if (is_leased(proc, facts, mapping)) {
        return Error{ErrorCode::unreadable, fmt::format("opening {}, on which somebody holds a lease", path)};
    }
    Result<File> file = open_at(AT_FDCWD, fmt::format("/proc/self/fd/{}", found->fd()).c_str(), O_RDONLY | O_NONBLOCK);
    if (!file || same_file(mapping, facts.st_dev, facts.st_ino) || maps_as(file->fd(), mapping)) return file;
    return Error{ErrorCode::unreadable, fmt::format("opening {}, which is another file by now", path)};
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
    std::vector<Mapping> mappings;
    while (!text.empty()) {
        if (std::optional<Mapping> mapping = parse_line(take_line(text))) mappings.push_back(std::move(*mapping));
    }
    return mappings;
}

Result<std::vector<Mapping>> read_mappings(const PinnedProcess& patient) {
    std::vector<Mapping> mappings;
    const Status read = read_lines(patient.proc.fd(), "maps", longest_maps, [&](std::string_view line) {
        if (std::optional<Mapping> mapping = parse_line(line)) mappings.push_back(std::move(*mapping));
        return true;
    });
    if (!read.ok()) return read.error();
    if (mappings.empty()) return Error{ErrorCode::no_such_process, fmt::format("process {} has ended", patient.pid)};
    return mappings;
}

Result<File> open_mapped(const PinnedProcess& patient, const Mapping& mapping) {
    if (mapping.inode == 0) return Error{ErrorCode::bad_input, "opening a mapping that has no file", mapping.start};
    const int proc = patient.proc.fd();
    Result<File> file =
        open_if_same(proc, proc, fmt::format("map_files/{:x}-{:x}", mapping.start.value, mapping.end.value), mapping);
    if (!file) file = open_if_same(proc, AT_FDCWD, mapping.path, mapping);
    if (!file) file = open_if_same(proc, proc, "root" + mapping.path, mapping);
    if (!file && file.error().code == ErrorCode::no_such_process) {
        return Error{
            ErrorCode::unreadable, fmt::format("opening the file {}", mapping.path), {}, file.error().errno_value};
    }
    return file;
}

}  // namespace subint_doctor::os
