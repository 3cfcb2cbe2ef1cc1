#include "end_signals.h"

#include <sys/time.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <string_view>

#include "exit_code.h"
#include "output.h"

namespace subint_doctor::cli {
namespace {

constexpr double grace_s = 5;  // beyond the time limit that the inspection keeps by itself

void end(int signal) { _exit(128 + signal); }

void end_late(int) {
    write_to_stderr("subint-doctor: the inspection does not come to an end; given up\n");
    _exit(static_cast<int>(ExitCode::partial));
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction before = {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) return;
    struct sigaction action = {};
    action.sa_handler = handler;
    sigaction(signal, &action, nullptr);
}

}  // namespace

void end_on_signals() {
    handle(SIGINT, end);
    handle(SIGTERM, end);
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN);
}

void end_at_latest_after(double seconds) {
    itimerval timer = {};
    if (seconds > 0) {
        handle(SIGALRM, end_late);
        timer.it_value.tv_sec = static_cast<time_t>(std::ceil(seconds + grace_s));
    }
    setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace subint_doctor::cli
