#include "sigint_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "motion.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

struct KnownHandler {
    std::string_view part;  // of its name
    std::string_view meaning;
};

constexpr std::array known_handlers = {
    KnownHandler{"default_int_handler", "which raises KeyboardInterrupt in the main thread"},
    KnownHandler{"Runner._on_sigint",
                 "with which the first Ctrl-C only cancels asyncio's main task and the second raises "
                 "KeyboardInterrupt"},
    KnownHandler{"KIManager.install", "trio's, which raises KeyboardInterrupt or hands it to the main task"},
};

const KnownHandler* find_known(std::string_view name) {
    const auto* found = std::ranges::find_if(
        known_handlers, [&](const KnownHandler& known) { return name.find(known.part) != std::string_view::npos; });
    return found == known_handlers.end() ? nullptr : found;
}

std::string believed(const std::string& handler) {
    const KnownHandler* known = find_known(handler);
    const std::string name = printable(handler);
    return known == nullptr ? name : fmt::format("{}, {}", name, known->meaning);
}

std::string gil_obstacle(const Case& seen) {
    const auto kept = std::find_if(seen.gils.begin(), seen.gils.end(), [&](const GilStory& story) {
        return story.gil->is_main && story.holder && story.holder != seen.main_tid && story.switches == 0;
    });
    if (kept == seen.gils.end()) return {};
    return fmt::format("the main thread would have to get GIL {} first, which {} kept throughout", kept->gil->id,
                       thread_label(seen, *kept->holder));
}

std::string main_obstacle(const Case& seen) {
    const ThreadState* state = innermost_state(seen, *seen.main_tid);
    const Interpreter* interpreter = state != nullptr ? find_interpreter(seen, state->interpreter) : nullptr;
    if (interpreter != nullptr && interpreter->kind != InterpreterKind::main)
        return fmt::format("the main thread runs {}, and handlers run only in the main interpreter",
                           interpreter_label(seen, interpreter->id));
    const Thread& main = *find_thread(seen, *seen.main_tid);
    if (main.wait.kind == WaitKind::futex && sleeps_in_all_looks(seen, main.tid))
        return "the main thread waits in C code for a native lock or semaphore, and such a wait usually goes on after a "
               "signal";
    return {};
}

}  // namespace

bool is_known_sigint_handler(std::string_view name) { return find_known(name) != nullptr; }

std::string sigint_line(const Snapshot& look) {
    if (look.process.ignored.has(SIGINT)) return "SIGINT is ignored";
    const std::optional<std::string> handler =
        look.python ? look.python->signals.sigint_handler : std::optional<std::string>();
    if (!look.process.caught.has(SIGINT)) {
        const bool other = handler && *handler != "SIG_DFL";
        return "SIGINT has its default action, which ends the process" +
               (other ? fmt::format("; Python believes its handler is {}", printable(*handler)) : std::string());
    }
    if (!handler) return "The kernel delivers SIGINT to a handler; which one Python knows of was not read";
    if (*handler == "SIG_DFL" || *handler == "SIG_IGN")
        return fmt::format("The kernel delivers SIGINT to a handler that Python does not know of (it believes {})",
                           *handler);
    return "The kernel delivers SIGINT to a handler; Python believes it is " + believed(*handler);
}

std::string sigint_obstacle(const Case& seen) {
    if (seen.stopped) return "it would wait until the process goes on";
    if (!seen.last().python || !seen.main_tid || !seen.last().process.caught.has(SIGINT)) return {};
    std::string why = main_obstacle(seen);
    if (why.empty()) why = gil_obstacle(seen);
    return why.empty() ? why : "its Python handler would not run: " + why;
}

}  // namespace subint_doctor::diagnose
