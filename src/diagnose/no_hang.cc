#include "no_hang.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <tuple>

#include "motion.h"
#include "wakeup_evidence.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

std::string gil_line(const Case& seen, const GilStory& story) {
    const Gil& gil = *story.gil;
    if (!gil.locked) return fmt::format("GIL {} is free", gil.id);
    if (story.switches > 0)
        return fmt::format("GIL {} changed hands {} times between the looks", gil.id, story.switches);
    if (story.holder && frames_moved(seen, *story.holder))
        return fmt::format("GIL {} is held by {}, which runs Python code", gil.id, thread_label(seen, *story.holder));
    if (!story.waiters.empty())
        return fmt::format("GIL {} is held; {} seen waiting for it", gil.id, story.waiters.size());
    return fmt::format("GIL {} is held, and no thread was seen waiting for it", gil.id);
}

std::string sigint_line(const Snapshot& look) {
    const bool ignored = look.process.ignored.has(SIGINT);
    const auto blocked = std::count_if(look.threads.begin(), look.threads.end(),
                                       [](const Thread& thread) { return thread.blocked.has(SIGINT); });
    if (ignored) return "SIGINT is ignored";
    if (blocked == 0) return "SIGINT is neither ignored nor blocked";
    return fmt::format("SIGINT is not ignored, and blocked in {} of {} threads", blocked, look.threads.size());
}

std::string handler_line(const Case& seen) {
    const auto owes = [](const Look& look) {
        return look.snapshot->python &&
               (look.snapshot->python->signals.is_tripped || !look.snapshot->python->signals.tripped.empty());
    };
    if (!owes(seen.looks.back())) return "no signal handler is owed";
    const auto owing = std::count_if(seen.looks.begin(), seen.looks.end(), owes);
    if (owing == 1 && seen.looked_twice()) return "a signal handler was owed in the last look only";
    return fmt::format("a signal handler was owed in {} of {} looks", owing, seen.looks.size());
}

bool moves(const Case& seen, int tid) {
    const auto& moved = seen.inspection.moved_tids;
    return std::find(moved.begin(), moved.end(), tid) != moved.end();
}

// Those that stand still first, main before others; those that run or move last.
std::vector<int> python_threads(const Case& seen) {
    std::vector<int> tids;
    for (const Thread& thread : seen.last().threads) {
        if (innermost_state(seen, thread.tid) != nullptr) tids.push_back(thread.tid);
    }
    const auto busyness = [&](int tid) {
        const bool running = runs(*find_thread(seen, tid));
        return std::tuple(running || moves(seen, tid), spent(seen, tid).run_ns, tid != seen.main_tid);
    };
    std::stable_sort(tids.begin(), tids.end(), [&](int a, int b) { return busyness(a) < busyness(b); });
    return tids;
}

std::string doing_text(const Case& seen, int tid) {
    const Thread& thread = *find_thread(seen, tid);
    std::string text = thread_in_sentence(seen, tid);
    text += runs(thread) ? " runs" : " waits in " + sleep_text(thread);
    const std::string place = place_text(*seen.last().python, *innermost_state(seen, tid));
    if (!place.empty()) text += ", in " + place;
    if (moves(seen, tid)) return text + ", and it moves";
    const std::uint64_t woken = spent(seen, tid).slices;
    if (woken == 0 || thread.wait.kind != WaitKind::sleep) return text;
    return text + fmt::format(", and woke {} time{} between the looks", woken, woken > 1 ? "s" : "");
}

}  // namespace

std::string no_hang_sentence(const Case& seen) {
    if (!seen.last().python) return "Nothing can be said: Python's own state was not read.";
    const std::string opening = "No known class of hang";
    const std::vector<int> tids = python_threads(seen);
    if (tids.empty()) return opening + ".";
    constexpr std::size_t shown = 6;
    std::string text = opening;
    for (std::size_t i = 0; i < std::min(shown, tids.size()); ++i)
        text += (i == 0 ? ": " : "; ") + doing_text(seen, tids[i]);
    if (tids.size() > shown) text += fmt::format("; and {} more", tids.size() - shown);
    return text + ".";
}

std::vector<std::string> what_was_ruled_out(const Case& seen) {
    const Snapshot& look = seen.last();
    if (!look.python) return {};
    std::vector<std::string> lines;
    for (const GilStory& story : seen.gils) {
        if (story.gil->locked || story.gil->is_main) lines.push_back(gil_line(seen, story));
    }
    lines.push_back(look.wakeup.fd < 0 ? "no signal wakeup fd is set" : wakeup_text(look.wakeup));
    lines.push_back(handler_line(seen));
    lines.push_back(sigint_line(look));
    lines.push_back(look.process.tracer_pid == 0 ? "not stopped, not traced" : "not stopped");
    return lines;
}

}  // namespace subint_doctor::diagnose
