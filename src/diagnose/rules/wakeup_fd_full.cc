#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "event_loops.h"
#include "rule.h"
#include "wakeup_evidence.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "When a signal comes, Python notes it first and then writes one byte here, to wake the event loop. A full fd "
    "means that nobody has read for that many writes. The writes that fitted are the capacity of the buffer: they do "
    "not show that anybody ran. No signal is lost by it, since each was noted before its byte was tried.";

// The main thread reads it; whose loop it runs shows in its frames.
std::string_view loop_of_main(const Case& seen) {
    const ThreadState* state = seen.main_tid ? innermost_state(seen, *seen.main_tid) : nullptr;
    return state == nullptr ? std::string_view() : loop_on_stack(*seen.last().python, *state).value_or("");
}

std::string loss_line(const Case& seen) {
    const std::string_view loop = loop_of_main(seen);
    if (loop == "trio") return "Trio takes the bytes as a mere wake: those that wait are enough, and nothing is lost";
    if (loop == "asyncio")
        return "asyncio reads the bytes to learn which signal came: for handlers set with add_signal_handler, a byte "
               "that finds no room is lost";
    return "A byte that finds no room is dropped; that matters only to a loop that reads the bytes as signal numbers "
           "(asyncio), not to one that is merely woken (trio)";
}

std::string reader_line(const Case& seen, const WakeupChain& wakeup) {
    if (!wakeup.reader_fd) return "Who should read it could not be told";
    if (wakeup.reader_pid && *wakeup.reader_pid != seen.last().process.pid)
        return fmt::format("Process {} should read it, at its fd {}", *wakeup.reader_pid, *wakeup.reader_fd);
    if (!wakeup.watched) return fmt::format("Its reader, fd {}, is in no epoll set of this process", *wakeup.reader_fd);
    if (wakeup.polled_by.empty())
        return fmt::format("Its reader, fd {}, is in epoll set fd {}, and no thread waits on that now",
                           *wakeup.reader_fd, *wakeup.epoll_fd);
    return fmt::format("{} waits on epoll fd {}, which watches its reader, fd {}",
                       thread_label(seen, wakeup.polled_by.front().tid), wakeup.polled_by.front().epoll_fd,
                       *wakeup.reader_fd);
}

bool full_in_all_looks(const Case& seen) {
    return std::all_of(seen.looks.begin(), seen.looks.end(),
                       [](const Look& look) { return look.snapshot->wakeup.full == true; });
}

std::string unread_text(const WakeupChain& wakeup) {
    if (!wakeup.queued_writes) return " it";
    return fmt::format(" its {} byte{}", *wakeup.queued_writes, *wakeup.queued_writes == 1 ? "" : "s");
}

Finding finding_of(const Case& seen) {
    const WakeupChain& wakeup = seen.last().wakeup;
    Finding finding;
    finding.severity = Severity::warning;
    finding.confidence = seen.looked_twice() ? Confidence::certain : Confidence::likely;
    finding.sentence = fmt::format("The signal wakeup fd {} is full: nobody has read{}, and no further byte fits.",
                                   wakeup.fd, unread_text(wakeup));
    finding.evidence = {capitalised(wakeup_text(wakeup)), reader_line(seen, wakeup), loss_line(seen)};
    if (wakeup.queued_writes && wakeup.queued_writes == wakeup.capacity_writes) {
        finding.evidence.push_back(fmt::format("{} is what this fd holds, not how often a signal came or a thread ran",
                                               *wakeup.capacity_writes));
    }
    finding.explanation = explanation;
    finding.advice = {end_process(seen)};
    if (seen.main_tid) finding.tids = {*seen.main_tid};
    finding.symptom_of = {"process-stopped",     "gil-held-in-native-code", "gil-holder-blocked", "gil-contention",
                          "signal-handler-owed", "wakeup-fd-broken",        "busy-loop"};
    return finding;
}

bool already_a_gap(const Case& seen) {
    const std::vector<Gap>& gaps = seen.inspection.gaps;
    return std::any_of(gaps.begin(), gaps.end(), [](const Gap& gap) { return gap.path.starts_with("signals.wakeup"); });
}

void check(const Case& seen, Conclusions& out) {
    const WakeupChain& wakeup = seen.last().wakeup;
    if (wakeup.full == true) {
        if (full_in_all_looks(seen)) out.findings.push_back(finding_of(seen));
        return;
    }
    const bool can_fill = wakeup.kind == WakeupKind::unix_socket || wakeup.kind == WakeupKind::pipe;
    if (can_fill && !wakeup.full && !already_a_gap(seen))
        out.missing.push_back({"signals.wakeup.full", "how full the wakeup fd is could not be told", true});
}

}  // namespace

extern const Rule wakeup_fd_full;
const Rule wakeup_fd_full{"wakeup-fd-full", "The signal wakeup fd is full", Band::signals, &check, true};

}  // namespace subint_doctor::diagnose
