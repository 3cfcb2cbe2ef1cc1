#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "event_loops.h"
#include "motion.h"
#include "rule.h"
#include "sigint_words.h"
#include "subint_doctor/model/wait_text.h"
#include "wakeup_evidence.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "This is how an event loop looks that has nothing to do. Its tasks are not read, so which of them waits for what is "
    "not known here; if the program should be going on, one of them waits for something that does not come.";

bool gil_is_free_for_main(const Case& seen) {
    return std::none_of(seen.gils.begin(), seen.gils.end(), [](const GilStory& story) {
        return story.gil->is_main && story.locked_in_all && story.switches == 0;
    });
}

// Nothing is set, or the byte that a signal writes wakes main.
bool wakeup_chain_is_whole(const Case& seen) {
    const WakeupChain& wakeup = seen.last().wakeup;
    if (wakeup.fd < 0) return true;
    if (wakeup.full == true || wakeup.has_peer == false || !wakeup.armed) return false;
    return std::any_of(wakeup.polled_by.begin(), wakeup.polled_by.end(),
                       [&](const WakeupPoller& poller) { return poller.tid == seen.main_tid; });
}

bool no_handler_is_owed(const Python& python) { return !python.signals.is_tripped && python.signals.tripped.empty(); }

void add_other_loops(const Case& seen, int main, Finding& finding) {
    constexpr std::size_t shown = 3;
    std::size_t others = 0;
    for (const RunningLoop& loop : running_loops(seen)) {
        if (loop.tid == main || ++others > shown) continue;
        finding.evidence.push_back(fmt::format("Another loop ({}) runs on {}, in {}", loop.name,
                                               thread_label(seen, loop.tid),
                                               interpreter_label(seen, loop.interpreter)));
    }
    if (others > shown) finding.evidence.push_back(fmt::format("{} more loops run likewise", others - shown));
}

Finding finding_of(const Case& seen, const Thread& main, std::string_view loop) {
    const Snapshot& look = seen.last();
    const std::string limit = describe_time_limit(main.wait.limit);
    Finding finding;
    finding.severity = Severity::note;
    finding.confidence = seen.looked_twice() ? Confidence::certain : Confidence::likely;
    finding.sentence = fmt::format(
        "The event loop ({}) sleeps until something that it watches is ready: if the program hangs, one of its tasks "
        "waits for something that does not come.",
        loop);
    finding.evidence = {
        fmt::format("{} sleeps in {}{} in {}", thread_label(seen, main.tid), sleep_text(main),
                    limit.empty() ? "" : ", with " + limit + ",", in_all_looks_text(seen)),
        "GIL 0 is free",
        look.wakeup.fd < 0 ? std::string("No signal wakeup fd is set") : capitalised(wakeup_text(look.wakeup))};
    for (const GilStory& story : seen.gils) {
        if (story.gil->is_main && story.gil->locked)
            finding.evidence[1] = fmt::format("GIL 0 changed hands {} times between the looks", story.switches);
    }
    finding.evidence.push_back(sigint_line(look));
    if (main.blocked.has(SIGINT)) finding.evidence.emplace_back("The main thread blocks SIGINT");
    add_other_loops(seen, main.tid, finding);
    finding.explanation = explanation;
    finding.ruled_out = {"a GIL that is kept", "a signal handler that is owed"};
    finding.advice = {{"wait", "if what the task waits for may still come", ""}};
    finding.tids = {main.tid};
    return finding;
}

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped || !seen.last().python || !seen.main_tid || !no_handler_is_owed(*seen.last().python)) return;
    const Thread& main = *find_thread(seen, *seen.main_tid);
    const bool idle = main.wait.kind == WaitKind::event_loop && sleeps_in_all_looks(seen, main.tid) &&
                      spent(seen, main.tid).slices == 0;
    if (!idle || !gil_is_free_for_main(seen) || !wakeup_chain_is_whole(seen)) return;
    const ThreadState* state = innermost_state(seen, main.tid);
    const auto loop = state != nullptr ? loop_that_waits(*seen.last().python, *state) : std::nullopt;
    if (!loop || (*loop == "selectors" && !in_epoll(main))) return;
    out.findings.push_back(finding_of(seen, main, *loop));
}

}  // namespace

extern const Rule event_loop_idle;
const Rule event_loop_idle{"event-loop-idle", "The event loop sleeps", Band::notes, &check, true};

}  // namespace subint_doctor::diagnose
