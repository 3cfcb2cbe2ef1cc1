#include "no_hang.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

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

}  // namespace

std::string no_hang_sentence(const Case& seen) {
    if (!seen.last().python) return "Nothing can be said: Python's own state was not read.";
    const std::string opening = "Nothing that can be seen from outside hangs";
    const Thread* main = seen.main_tid ? find_thread(seen, *seen.main_tid) : nullptr;
    if (main == nullptr) return opening + ".";
    const auto& moved = seen.inspection.moved_tids;
    const bool moves = std::find(moved.begin(), moved.end(), main->tid) != moved.end();
    const char* motion = moves ? ", and it moves" : "";
    if (runs(*main)) return fmt::format("{}: the main thread runs{}.", opening, motion);
    return fmt::format("{}: the main thread waits in {}{}.", opening, sleep_text(*main), motion);
}

std::vector<std::string> what_was_ruled_out(const Case& seen) {
    const Snapshot& look = seen.last();
    if (!look.python) return {};
    std::vector<std::string> lines;
    for (const GilStory& story : seen.gils) {
        if (story.gil->locked || story.gil->is_main) lines.push_back(gil_line(seen, story));
    }
    lines.push_back(look.wakeup.fd < 0 ? "no signal wakeup fd is set" : wakeup_text(look.wakeup));
    const bool tripped = look.python->signals.is_tripped || !look.python->signals.tripped.empty();
    lines.push_back(tripped ? "a signal handler was owed in the last look only" : "no signal handler is owed");
    lines.push_back(sigint_line(look));
    lines.push_back(look.process.tracer_pid == 0 ? "not stopped, not traced" : "not stopped");
    return lines;
}

}  // namespace subint_doctor::diagnose
