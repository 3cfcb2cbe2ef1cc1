#include "output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "subint_doctor/os/file.h"

namespace subint_doctor::cli {
namespace {

// Ctrl-C in between would leave the unfinished file behind; it waits until the file is in place or gone.
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

// A link stays a link: what it leads to is replaced.
std::string follow_links(const std::string& path) {
    char* real = realpath(path.c_str(), nullptr);
    std::string followed = real != nullptr ? real : path;
    free(real);
    return followed;
}

Status replace_file(const std::string& path, mode_t mode, std::string_view text) {
    const std::string unfinished = fmt::format("{}.{}.tmp", path, getpid());
    const SignalsWait until_done;
    const os::File file(open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file.is_open()) return cannot_write(path);
    if (write_all(file.fd(), text) && rename(unfinished.c_str(), path.c_str()) == 0) return Done{};
    const Error error = cannot_write(path);
    unlink(unfinished.c_str());
    return error;
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
    if (!exists) return replace_file(path, 0666, text);
    if (S_ISREG(before.st_mode)) return replace_file(follow_links(path), before.st_mode & 0777, text);
    const os::File file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.is_open() || !write_all(file.fd(), text)) return cannot_write(path);
    return Done{};
}

void write_to_stderr(std::string_view text) { write_all(STDERR_FILENO, text); }

}  // namespace subint_doctor::cli
