// A thread that Python does not know of, loaded into a patient: it ticks while it is told to and keeps the longest gap
// between two ticks. Neither the GIL nor other load can delay it, so a gap means that the patient was stopped.
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

// The first bytes of the file named by TICKER_FILE; pause.py reads and writes them too.
struct Shared {
    std::atomic<std::uint32_t> session;  // 0: rest; each other number begins a new measurement
    std::atomic<std::uint32_t> measured;  // the session that longest_ns belongs to
    std::atomic<std::uint64_t> longest_ns;
};

std::uint64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

void* tick(void* argument) {
    Shared& shared = *static_cast<Shared*>(argument);
    std::uint32_t session = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t longest_ns = 0;
    for (;;) {
        const std::uint32_t asked = shared.session;
        if (asked == 0) {
            syscall(SYS_futex, &shared.session, FUTEX_WAIT, 0, nullptr, nullptr, 0);
            continue;
        }
        const timespec nap{0, 50'000};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, nullptr);
        const std::uint64_t now = now_ns();
        longest_ns = asked == session ? std::max(longest_ns, now - last_ns) : 0;
        session = asked;
        last_ns = now;
        shared.longest_ns = longest_ns;
        shared.measured = session;
    }
}

__attribute__((constructor)) void start() {
    const char* path = std::getenv("TICKER_FILE");
    const int fd = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void* shared = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // the patient's signals are for its own threads
    pthread_t thread{};
    if (shared == MAP_FAILED || pthread_create(&thread, nullptr, tick, shared) != 0) {
        std::abort();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    const sched_param first{1};
    pthread_setschedparam(thread, SCHED_FIFO, &first);
    pthread_setname_np(thread, "ticker");
}

}  // namespace
