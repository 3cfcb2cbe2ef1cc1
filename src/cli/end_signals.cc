#include "end_signals.h"

#include <unistd.h>

#include <csignal>

namespace subint_doctor::cli {
namespace {

void end(int signal) { _exit(128 + signal); }

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

}  // namespace subint_doctor::cli
