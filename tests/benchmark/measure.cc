// Runs one command and prints what it cost: "WALL_NS CPU_US PEAK_KIB exit|signal|timeout NUMBER". A program of its own
// because the peak memory of a child begins with that of the process which forks it, and a Python is larger than most
// peers.
// Usage: measure TIMEOUT_S STDOUT_FILE STDERR_FILE COMMAND...
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

pid_t child = 0;
volatile sig_atomic_t timed_out = 0;

void give_up(int) {
    timed_out = 1;
    kill(child, SIGKILL);
}

long long microseconds(const timeval& time) { return time.tv_sec * 1'000'000LL + time.tv_usec; }

long long now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fputs("usage: measure TIMEOUT_S STDOUT_FILE STDERR_FILE COMMAND...\n", stderr);
        return 2;
    }
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);

    const long long start_ns = now_ns();
    if (const int error = posix_spawnp(&child, argv[4], &files, nullptr, argv + 4, environ); error != 0) {
        errno = error;
        std::perror(argv[4]);
        return 1;
    }
    signal(SIGALRM, give_up);
    alarm(static_cast<unsigned>(std::atoi(argv[1])));
    int status = 0;
    rusage used{};
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    const long long wall_ns = now_ns() - start_ns;
    const char* how = timed_out ? "timeout" : WIFSIGNALED(status) ? "signal" : "exit";
    const int number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    const long long cpu_us = microseconds(used.ru_utime) + microseconds(used.ru_stime);
    std::printf("%lld %lld %ld %s %d\n", wall_ns, cpu_us, used.ru_maxrss, how, number);
    return 0;
}
