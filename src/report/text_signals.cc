#include "text_signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "text_words.h"

namespace subint_doctor::report {
namespace {

bool is_said_already(const Diagnosis& diagnosis) {
    return std::any_of(diagnosis.findings.begin(), diagnosis.findings.end(),
                       [](const Finding& finding) { return finding.tells_of_signals; });
}

std::string blocked_text(const Snapshot& look) {
    const auto blocked = std::count_if(look.threads.begin(), look.threads.end(),
                                       [](const Thread& thread) { return thread.blocked.has(SIGINT); });
    if (blocked == 0) return "blocked nowhere";
    return fmt::format("blocked in {}", counted(static_cast<std::size_t>(blocked), "thread"));
}

std::string sigint_text(const Snapshot& look, const Diagnosis& diagnosis) {
    const PythonSignals& signals = look.python->signals;
    const bool owed = signals.is_tripped || !signals.tripped.empty();
    return fmt::format("{}; {}; {}", diagnosis.sigint, blocked_text(look),
                       owed ? "a handler is owed" : "no handler is owed");
}

std::string wakeup_text(const WakeupChain& wakeup) {
    if (wakeup.fd < 0) return "No signal wakeup fd is set";
    std::string text = fmt::format("Wakeup fd {}", wakeup.fd);
    if (wakeup.queued_writes && wakeup.capacity_writes)
        text += fmt::format(": {} of {} writes queued", *wakeup.queued_writes, *wakeup.capacity_writes);
    if (wakeup.reader_fd) text += fmt::format(", read by fd {}", *wakeup.reader_fd);
    if (wakeup.epoll_fd)
        text += fmt::format(", watched by epoll fd {}{}", *wakeup.epoll_fd, wakeup.armed ? ", armed" : "");
    return text;
}

}  // namespace

void write_signals(Page& page, const Snapshot& look, const Diagnosis& diagnosis) {
    if (!look.python || is_said_already(diagnosis)) return;
    page.blank();
    page.heading("Ctrl-C", "");
    page.wrapped("  * ", sigint_text(look, diagnosis), 4);
    if (!diagnosis.sigint_obstacle.empty())
        page.wrapped("  * ", fmt::format("If SIGINT came now, {}", diagnosis.sigint_obstacle), 4);
    page.wrapped("  * ", wakeup_text(look.wakeup), 4);
}

}  // namespace subint_doctor::report
