#include "lonely_wait.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "advice.h"
#include "motion.h"
#include "sigint_words.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::uint64_t futex_private_flag = 128;  // include/uapi/linux/futex.h

// A fault of the thread's own: a thread that sleeps has none. 32 and 33 are the C library's, nptl(7).
constexpr std::array harmless_signals = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, 32, 33};

bool is_alive(const Thread& thread) { return thread.state != 'Z' && thread.state != 'X'; }

const Thread* only_thread(const Snapshot& look) {
    const Thread* only = nullptr;
    for (const Thread& thread : look.threads) {
        if (!is_alive(thread)) continue;
        if (only != nullptr) return nullptr;
        only = &thread;
    }
    return only;
}

bool was_listed_whole(const Snapshot& look) {
    return std::ranges::none_of(look.gaps, [](const Gap& gap) { return gap.path == "threads"; });
}

// A word that is private to the process, futex(2): nobody else can wake its waiters.
bool waits_for_lock_for_ever(const Thread& thread) {
    const bool is_lock = thread.wait.kind == WaitKind::lock || thread.wait.kind == WaitKind::futex;
    if (!is_lock || !thread.syscall || thread.syscall->name != "futex") return false;
    const bool is_private = (thread.syscall->args[1] & futex_private_flag) != 0;
    return is_private && thread.wait.limit && !thread.wait.limit->limited;
}

std::vector<int> handled_signals(const Snapshot& look) {
    std::vector<int> handled;
    const bool usual_sigint = look.python && look.python->signals.sigint_handler &&
                              is_known_sigint_handler(*look.python->signals.sigint_handler);
    for (int signal = 1; signal <= 64; ++signal) {
        const bool is_harmless =
            std::ranges::find(harmless_signals, signal) != harmless_signals.end() || (signal == SIGINT && usual_sigint);
        if (look.process.caught.has(signal) && !is_harmless) handled.push_back(signal);
    }
    return handled;
}

std::string sleeping_line(const Case& seen, const Thread& thread) {
    std::string line = fmt::format("It sleeps in {}, with no time limit, on a word that no other process can reach",
                                   sleep_text(thread));
    if (seen.looked_twice()) line += fmt::format(", and did not run for {} ms", seen.elapsed_ns / 1'000'000);
    return line;
}

}  // namespace

std::optional<LonelyWait> find_lonely_wait(const Case& seen) {
    if (seen.stopped) return std::nullopt;
    const Thread* thread = only_thread(seen.last());
    if (thread == nullptr || !waits_for_lock_for_ever(*thread)) return std::nullopt;
    const bool always_alone = std::ranges::all_of(seen.looks, [&](const Look& look) {
        const Thread* then = only_thread(*look.snapshot);
        return then != nullptr && then->tid == thread->tid && was_listed_whole(*look.snapshot);
    });
    const bool still = sleeps_in_all_looks(seen, thread->tid) && spent(seen, thread->tid).slices == 0;
    if (!always_alone || !still) return std::nullopt;
    return LonelyWait{thread, handled_signals(seen.last())};
}

Finding lonely_wait_finding(const Case& seen, const LonelyWait& wait) {
    const bool is_alone = wait.handled_signals.empty();
    const int tid = wait.thread->tid;
    Finding finding;
    finding.severity = is_alone ? Severity::critical : Severity::warning;
    finding.confidence = !is_alone             ? Confidence::possible
                         : seen.looked_twice() ? Confidence::certain
                                               : Confidence::likely;
    finding.evidence = {
        fmt::format("{} is the only thread of the process, in {}", thread_label(seen, tid), in_all_looks_text(seen)),
        sleeping_line(seen, *wait.thread)};
    const ThreadState* state = innermost_state(seen, tid);
    const std::string place = state != nullptr ? place_text(*seen.last().python, *state) : std::string();
    if (!place.empty()) finding.evidence.push_back("It is inside " + place);
    if (!is_alone) {
        const std::vector<std::int64_t> numbers(wait.handled_signals.begin(), wait.handled_signals.end());
        finding.evidence.push_back(
            "It may wait for a signal: what a handler does is not known, and the process handles " +
            counted("signal", numbers));
    }
    finding.ruled_out = {"another thread or process that holds the lock", "a wait that ends by itself"};
    finding.advice = {end_process(seen)};
    finding.tids = {tid};
    return finding;
}

bool is_forked_beside_threads(const Process& process) {
    return process.forked && process.parent_is_same_program && process.parent_threads > 1;
}

}  // namespace subint_doctor::diagnose
