#include "output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "subint_doctor/os/file.h"

namespace subint_doctor::cli {
namespace {

// Ctrl-C in between would leave a file half written.
class SignalsWait {
public:
    SignalsWait() {
        sigset_t ends;
        sigemptyset(&ends);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGALRM}) sigaddset(&ends, signal);
        sigprocmask(SIG_BLOCK, &ends, &before_);
    }
    SignalsWait(const SignalsWait&) = delete;
    SignalsWait& operator=(const SignalsWait&) = delete;
    ~SignalsWait() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

Error cannot_write(const std::string& where) { return {ErrorCode::unreadable, "cannot write " + where, {}, errno}; }

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// A file system of another machine may say only at a close that it is full.
bool flush(int fd) {
    const int duplicate = dup(fd);
    return duplicate >= 0 && close(duplicate) == 0;
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Where the file system has no O_TMPFILE, or a link leads to nothing yet. What could not be finished is taken away.
Status create_in_place(const std::string& path, std::string_view text) {
    const os::File file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666));
    if (!file.is_open()) return cannot_write(path);
    const bool written = write_all(file.fd(), text) && ftruncate(file.fd(), static_cast<off_t>(text.size())) == 0;
    if (written && flush(file.fd())) return Done{};
    const Error error = cannot_write(path);
    char name[4096];
    const ssize_t size = readlink(fmt::format("/proc/self/fd/{}", file.fd()).c_str(), name, sizeof name);
    if (size > 0 && size < static_cast<ssize_t>(sizeof name)) unlink(std::string(name, name + size).c_str());
    return error;
}

Status overwrite(const std::string& path, const os::File& file, std::string_view text) {
    struct stat before = {};
    if (fstat(file.fd(), &before) != 0) return cannot_write(path);
    const auto size = static_cast<off_t>(text.size());
    // Fails where there is no room, or no such call; then nothing was changed but perhaps the length.
    if (size > before.st_size && fallocate(file.fd(), 0, 0, size) != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
        const Error error = cannot_write(path);
        if (ftruncate(file.fd(), before.st_size) != 0) return cannot_write(path);
        return error;
    }
    if (!write_all(file.fd(), text) || ftruncate(file.fd(), size) != 0 || !flush(file.fd())) return cannot_write(path);
    return Done{};
}

Status create(const std::string& path, std::string_view text) {
    const os::File file(open(folder_of(path).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666));
    if (!file.is_open()) return create_in_place(path, text);
    if (!write_all(file.fd(), text) || !flush(file.fd())) return cannot_write(path);
    const std::string unnamed = fmt::format("/proc/self/fd/{}", file.fd());
    if (linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return Done{};
    return create_in_place(path, text);  // a link that leads to nothing, a file that came meanwhile, no /proc
}

// A FIFO without a reader refuses to be opened; one that is about to be read gets a moment.
os::File open_fifo(const std::string& path) {
    constexpr int most_tries = 100;
    constexpr timespec pause = {0, 20'000'000};
    for (int n = 0;; ++n) {
        os::File file(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
        if (file.is_open()) fcntl(file.fd(), F_SETFL, O_WRONLY);
        if (file.is_open() || errno != ENXIO || n == most_tries) return file;
        nanosleep(&pause, nullptr);
    }
}

}  // namespace

void reserve_standard_streams() {
    int fd = -1;
    do {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

Status write_output(const std::string& path, std::string_view text) {
    if (path.empty()) {
        if (write_all(STDOUT_FILENO, text)) return Done{};
        return cannot_write("to standard output");
    }
    struct stat before = {};
    const bool exists = stat(path.c_str(), &before) == 0;
    if (exists && !S_ISREG(before.st_mode)) {
        const bool is_fifo = S_ISFIFO(before.st_mode);
        const os::File file = is_fifo ? open_fifo(path) : os::File(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
        if (!file.is_open() && is_fifo && errno == ENXIO) return cannot_write(path + ", a FIFO that nobody reads");
        if (!file.is_open() || !write_all(file.fd(), text)) return cannot_write(path);
        return Done{};
    }
    const SignalsWait until_done;
    if (!exists) return create(path, text);
    const os::File file(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    return file.is_open() ? overwrite(path, file, text) : cannot_write(path);
}

void write_to_stderr(std::string_view text) { write_all(STDERR_FILENO, text); }

}  // namespace subint_doctor::cli
