#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "motion.h"
#include "rule.h"
#include "wakeup_evidence.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "This is how an event loop looks that has nothing to do: no Python code runs, and whatever it waits for will "
    "wake it. If the program should be going on, one of its tasks waits for something that does not come.";

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

bool ctrl_c_works(const Case& seen, const Thread& main) {
    const Snapshot& look = seen.last();
    return look.process.caught.has(SIGINT) && !look.process.ignored.has(SIGINT) && !main.blocked.has(SIGINT);
}

Finding finding_of(const Case& seen, const Thread& main) {
    const Snapshot& look = seen.last();
    const std::string limit = time_limit_text(*main.syscall);
    const bool interruptible = ctrl_c_works(seen, main);
    Finding finding;
    finding.severity = Severity::note;
    finding.confidence = seen.looked_twice() ? Confidence::certain : Confidence::likely;
    finding.sentence = fmt::format(
        "The event loop waits for I/O and nothing keeps it from going on{}: if the program "
        "hangs, one of its tasks waits for something that does not come.",
        interruptible ? ", Ctrl-C included" : "");
    finding.evidence = {fmt::format("{} sleeps in {}{} in {}", thread_label(seen, main.tid), sleep_text(main),
                                    limit.empty() ? "" : ", with " + limit + ",", in_all_looks_text(seen)),
                        "GIL 0 is free",
                        look.wakeup.fd < 0 ? std::string("No signal wakeup fd is set; a signal interrupts the wait")
                                           : capitalised(wakeup_text(look.wakeup))};
    for (const GilStory& story : seen.gils) {
        if (story.gil->is_main && story.gil->locked)
            finding.evidence[1] = fmt::format("GIL 0 changed hands {} times between the looks", story.switches);
    }
    if (interruptible) finding.evidence.emplace_back("SIGINT is caught by Python and not blocked in the main thread");
    finding.explanation = explanation;
    finding.ruled_out = {"a GIL that is kept", "a signal handler that is owed"};
    finding.advice = {{"wait", "if what the task waits for may still come", ""}};
    if (interruptible)
        finding.advice.push_back({fmt::format("kill -INT {}", look.process.pid), "the same as Ctrl-C: its handler runs",
                                  "by default it ends the program"});
    finding.tids = {main.tid};
    return finding;
}

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped || !seen.last().python || !seen.main_tid || !no_handler_is_owed(*seen.last().python)) return;
    const Thread& main = *find_thread(seen, *seen.main_tid);
    const bool idle = in_epoll(main) && sleeps_in_all_looks(seen, main.tid) && spent(seen, main.tid).slices == 0;
    if (!idle || !gil_is_free_for_main(seen) || !wakeup_chain_is_whole(seen)) return;
    out.findings.push_back(finding_of(seen, main));
}

}  // namespace

extern const Rule event_loop_idle;
const Rule event_loop_idle{"event-loop-idle", "The event loop waits for I/O", Band::notes, &check, true};

}  // namespace subint_doctor::diagnose
