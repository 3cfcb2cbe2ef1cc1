#include "advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace subint_doctor::diagnose {

bool sigterm_works(const Snapshot& look) {
    const bool takes = std::any_of(look.threads.begin(), look.threads.end(), [](const Thread& thread) {
        return thread.state != 'Z' && thread.state != 'X' && !thread.blocked.has(SIGTERM);
    });
    return takes && !look.process.caught.has(SIGTERM) && !look.process.ignored.has(SIGTERM);
}

Advice end_process(const Case& seen) {
    const Process& process = seen.last().process;
    if (sigterm_works(seen.last()) && !seen.stopped) {
        return {fmt::format("kill -TERM {}", process.pid), "ends the process; SIGTERM has its default action",
                "nothing is cleaned up"};
    }
    const char* why = process.caught.has(SIGTERM) ? "a handler takes SIGTERM, which may have the same fate as Ctrl-C"
                      : seen.stopped              ? "a stopped process takes SIGTERM only when it is continued"
                                                  : "SIGTERM is ignored or blocked";
    return {fmt::format("kill -KILL {}", process.pid), fmt::format("ends the process; {}", why),
            "nothing is cleaned up"};
}

Advice for_good(std::string effect) { return {"for good", std::move(effect), ""}; }

}  // namespace subint_doctor::diagnose
