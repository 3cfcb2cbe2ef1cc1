#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "advice.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "A thread inherits the signal mask of the thread that starts it, so a mask set early, or inherited from the "
    "parent process, covers them all. The kernel keeps a blocked SIGINT pending until some thread unblocks it; "
    "Python never learns of it. That is not why a program hangs: only why Ctrl-C does not end it.";

struct Count {
    std::size_t living = 0;
    std::size_t blocking = 0;
};

// A main thread that ended leaves a zombie whose mask means nothing; those who live decide.
Count count_threads(const Snapshot& look) {
    Count count;
    for (const Thread& thread : look.threads) {
        if (thread.state == 'Z' || thread.state == 'X') continue;
        ++count.living;
        if (thread.blocked.has(SIGINT)) ++count.blocking;
    }
    return count;
}

bool is_pending(const Snapshot& look) {
    if (look.process.pending.has(SIGINT)) return true;
    for (const Thread& thread : look.threads) {
        if (thread.pending.has(SIGINT)) return true;
    }
    return false;
}

bool blocked_everywhere(const Look& seen_once) {
    const Count count = count_threads(*seen_once.snapshot);
    return count.blocking > 0 && count.blocking == count.living && !seen_once.snapshot->process.leader_is_zombie;
}

// The C library blocks every signal while it forks or starts a thread. Whoever ran meanwhile may just have been there
// each time.
bool may_be_for_a_moment(const Case& seen) {
    constexpr std::array ordinary = {SIGHUP, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE};
    const auto is_passing = [&](const Thread& thread) {
        if (thread.state == 'Z' || thread.state == 'X') return false;
        const bool blocks_all =
            std::all_of(ordinary.begin(), ordinary.end(), [&](int signal) { return thread.blocked.has(signal); });
        return blocks_all && (runs_in_some_look(seen, thread.tid) || spent(seen, thread.tid).slices > 0);
    };
    return std::any_of(seen.last().threads.begin(), seen.last().threads.end(), is_passing);
}

void check(const Case& seen, Conclusions& out) {
    const Snapshot& look = seen.last();
    const Count count = count_threads(look);
    if (!std::all_of(seen.looks.begin(), seen.looks.end(), blocked_everywhere) || may_be_for_a_moment(seen)) return;
    const bool pending = is_pending(look);
    Finding finding;
    finding.severity = Severity::warning;
    finding.confidence = seen.looked_twice() ? Confidence::certain : Confidence::likely;
    finding.sentence = count.living == 1
                           ? "Ctrl-C cannot work: the only thread blocks SIGINT."
                           : fmt::format("Ctrl-C cannot work: all {} threads block SIGINT.", count.living);
    finding.evidence = {fmt::format("SIGINT is in the signal mask of {} of {} threads (SigBlk), in {}", count.blocking,
                                    count.living, in_all_looks_text(seen)),
                        pending ? "A SIGINT has come and is pending in the kernel" : "No SIGINT is pending now"};
    finding.explanation = explanation;
    finding.ruled_out = {"a cause of the hang itself"};
    finding.advice = {end_process(seen),
                      for_good("in the main thread: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})")};
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule sigint_blocked;
const Rule sigint_blocked{"sigint-blocked", "SIGINT is blocked in every thread", Band::ctrl_c, &check, true};

}  // namespace subint_doctor::diagnose
