#include "proc_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

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
constexpr std::size_t step_bytes = 64U << 10;

struct CloseFolder {
    void operator()(DIR* folder) const { closedir(folder); }
};

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

Result<std::string_view> read_small(int folder, const char* path, std::string& buffer) {
    const File file(openat(folder, path, O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return failed("opening ", path);
    buffer.resize(small_bytes);
    const ssize_t got = read(file.fd(), buffer.data(), buffer.size());
    if (got < 0) return failed("reading ", path);
    return std::string_view(buffer.data(), static_cast<std::size_t>(got));
}

Result<std::string> read_whole(int folder, const char* path, std::size_t limit) {
    const File file(openat(folder, path, O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return failed("opening ", path);
    std::string text;
    std::size_t done = 0;
    while (done <= limit) {
        text.resize(done + step_bytes);
        const ssize_t got = read(file.fd(), text.data() + done, step_bytes);
        if (got < 0) return failed("reading ", path);
        done += static_cast<std::size_t>(got);
        text.resize(done);
        if (got == 0) return text;
    }
    return Error{ErrorCode::limit, std::string("reading ") + path + ", which is longer than expected"};
}

Result<std::string> read_link(int folder, const char* path) {
    std::array<char, PATH_MAX> text;
    const ssize_t got = readlinkat(folder, path, text.data(), text.size());
    if (got < 0) return failed("reading the link ", path);
    return std::string(text.data(), static_cast<std::size_t>(got));
}

Result<std::vector<int>> list_numbers(int folder, const char* path, std::size_t limit) {
    const int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed("listing ", path);
    const std::unique_ptr<DIR, CloseFolder> stream(fdopendir(fd));
    std::vector<int> numbers;
    errno = 0;
    while (const dirent* entry = readdir(stream.get())) {
        const std::optional<int> number = parse_decimal<int>(entry->d_name);
        if (!number) continue;
        if (numbers.size() == limit)
            return Error{ErrorCode::limit, std::string("listing ") + path + ", which is too long"};
        numbers.push_back(*number);
    }
    if (errno != 0) return failed("listing ", path);
    return numbers;
}

}  // namespace subint_doctor::os
