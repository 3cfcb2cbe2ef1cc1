#include "facts.h"

#include <algorithm>
#include <csignal>

namespace subint_doctor::report {

std::vector<const ThreadState*> orphans(const Python& python) {
    std::vector<const ThreadState*> found;
    for (const Interpreter& interpreter : python.interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (!state.tid) found.push_back(&state);
        }
    }
    return found;
}

std::vector<int> waiters_in_any_look(const Inspection& inspection, const Gil& gil) {
    std::vector<int> waiters;
    for (const Snapshot& look : inspection.looks) {
        if (!look.python) continue;
        for (const Gil& seen : look.python->gils) {
            if (seen.address == gil.address) waiters.insert(waiters.end(), seen.waiters.begin(), seen.waiters.end());
        }
    }
    std::sort(waiters.begin(), waiters.end());
    waiters.erase(std::unique(waiters.begin(), waiters.end()), waiters.end());
    if (gil.holder_tid) std::erase(waiters, *gil.holder_tid);
    return waiters;
}

std::optional<std::string_view> sigint_disposition(const Snapshot& look) {
    if (look.process.ignored.has(SIGINT)) return "ignored";
    if (!look.process.caught.has(SIGINT)) return "default";
    if (!look.python || !look.python->signals.sigint_handler) return std::nullopt;
    const std::string& handler = *look.python->signals.sigint_handler;
    return handler == "SIG_DFL" || handler == "SIG_IGN" ? "other-handler" : "python";
}

std::vector<Gap> all_gaps(const std::vector<Gap>& seen, const std::vector<Gap>& needed) {
    std::vector<Gap> gaps = seen;
    for (const Gap& gap : needed) {
        const auto same = [&](const Gap& known) { return known.path == gap.path && known.reason == gap.reason; };
        if (std::none_of(gaps.begin(), gaps.end(), same)) gaps.push_back(gap);
    }
    return gaps;
}

}  // namespace subint_doctor::report
