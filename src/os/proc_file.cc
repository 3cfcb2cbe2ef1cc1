#include "proc_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <optional>
#include <utility>

#include "numbers.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t small_bytes = 8U << 10;
constexpr std::size_t longest_text = 2U << 20;  // 65,536 supplementary groups (NGROUPS_MAX) are 700 KiB of status
constexpr std::size_t step_bytes = 64U << 10;

struct CloseFolder {
    void operator()(DIR* folder) const { closedir(folder); }
};

std::string too_long(const char* what, const char* path) {
    return std::string(what) + path + ", which is longer than expected";
}

Error failed(const char* what, const char* path) { return proc_error(errno, std::string(what) + path); }

}  // namespace

Error proc_error(int errno_value, std::string doing) {
    ErrorCode code = ErrorCode::unreadable;
    if (errno_value == ENOENT || errno_value == ESRCH) code = ErrorCode::no_such_process;
    if (errno_value == EACCES || errno_value == EPERM) code = ErrorCode::not_permitted;
    return Error{code, std::move(doing), {}, errno_value};
}

Result<File> open_at(int folder, const char* path, int flags) {
    const int fd = openat(folder, path, flags | O_CLOEXEC);
    if (fd < 0) return failed("opening ", path);
    return File(fd);
}

Result<std::string_view> read_text(int folder, const char* path, std::string& buffer) {
    const File file(openat(folder, path, O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return failed("opening ", path);
    buffer.resize(std::max(buffer.size(), small_bytes));
    std::size_t done = 0;
    while (true) {
        const ssize_t got = read(file.fd(), buffer.data() + done, buffer.size() - done);
        if (got < 0) return failed("reading ", path);
        done += static_cast<std::size_t>(got);
        if (done < buffer.size()) return std::string_view(buffer.data(), done);
        if (done >= longest_text) return Error{ErrorCode::limit, too_long("reading ", path)};
        buffer.resize(2 * done);
    }
}

Result<BoundedText> read_beginning(int folder, const char* path, std::size_t limit) {
    const File file(openat(folder, path, O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return failed("opening ", path);
    BoundedText read_so_far;
    std::string& text = read_so_far.text;
    while (true) {
        const std::size_t done = text.size();
        text.resize(done + step_bytes);
        const ssize_t got = read(file.fd(), text.data() + done, step_bytes);
        if (got < 0) return failed("reading ", path);
        text.resize(done + static_cast<std::size_t>(got));
        read_so_far.complete = text.size() <= limit;
        if (!read_so_far.complete) text.resize(limit);
        if (got == 0 || !read_so_far.complete) return read_so_far;
    }
}

Result<std::string> read_whole(int folder, const char* path, std::size_t limit) {
    Result<BoundedText> read = read_beginning(folder, path, limit);
    if (!read) return read.error();
    if (!read->complete) return Error{ErrorCode::limit, too_long("reading ", path)};
    return std::move(read->text);
}

Result<std::string> read_link(int folder, const char* path) {
    std::array<char, PATH_MAX> text;
    const ssize_t got = readlinkat(folder, path, text.data(), text.size());
    if (got < 0) return failed("reading the link ", path);
    return std::string(text.data(), static_cast<std::size_t>(got));
}

Result<NumberList> list_numbers(int folder, const char* path, std::size_t limit) {
    const int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed("listing ", path);
    const std::unique_ptr<DIR, CloseFolder> stream(fdopendir(fd));
    if (!stream) {
        const Error error = failed("listing ", path);
        close(fd);
        return error;
    }
    NumberList list;
    errno = 0;
    while (const dirent* entry = readdir(stream.get())) {
        const std::optional<int> number = parse_decimal<int>(entry->d_name);
        if (!number) continue;
        list.complete = list.numbers.size() < limit;
        if (!list.complete) return list;
        list.numbers.push_back(*number);
    }
    if (errno != 0) return failed("listing ", path);
    return list;
}

}  // namespace subint_doctor::os
