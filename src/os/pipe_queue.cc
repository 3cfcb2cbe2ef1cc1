#include "pipe_queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr unsigned any_thread = O_EXCL;  // PIDFD_THREAD, include/uapi/linux/pidfd.h, Linux 6.9

// glibc 2.36 declares its wrappers without C linkage.
int open_pidfd(int tid, unsigned flags) { return static_cast<int>(syscall(SYS_pidfd_open, tid, flags)); }
int duplicate_fd(int pidfd, int fd) { return static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, fd, 0)); }

}  // namespace

Result<PipeQueue> read_pipe_queue(const PinnedProcess& patient, int fd) {
    const std::string doing = fmt::format("measuring the pipe behind fd {}", fd);
    const File process(open_pidfd(patient.live_tid, patient.live_tid == patient.pid ? 0 : any_thread));
    if (!process.is_open()) return proc_error(errno, doing);
    const File pipe(duplicate_fd(process.fd(), fd));
    if (!pipe.is_open()) return proc_error(errno, doing);
    int unread = 0;
    const int capacity = fcntl(pipe.fd(), F_GETPIPE_SZ);
    const int flags = fcntl(pipe.fd(), F_GETFL);
    if (capacity < 0 || flags < 0 || ioctl(pipe.fd(), FIONREAD, &unread) != 0) return proc_error(errno, doing);
    return PipeQueue{static_cast<std::uint64_t>(unread), static_cast<std::uint64_t>(capacity), (flags & O_DIRECT) != 0};
}

}  // namespace subint_doctor::os
