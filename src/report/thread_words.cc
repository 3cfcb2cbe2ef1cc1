#include "thread_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "names.h"
#include "subint_doctor/model/wait_text.h"
#include "text_words.h"
#include "thread_groups.h"

namespace subint_doctor::report {
namespace {

std::string wait_text(const Thread& thread) {
    std::string what = describe_wait(thread);
    switch (thread.wait.kind) {
        case WaitKind::running:
            return "running";
        case WaitKind::stopped:
            return what;
        case WaitKind::gil:
        case WaitKind::lock:
        case WaitKind::join:
        case WaitKind::futex:
            return "waits for " + what;
        default:
            return what.empty() ? std::string(describe_state(thread.state)) : "waits in " + what;
    }
}

std::string with_time(const Thread& thread, const std::string& text) {
    const std::string left = describe_time_left(thread.wait.limit);
    return left.empty() ? text : text + ", " + left;
}

// A waiter that blinks between two waits is awake for a moment, and still waits.
bool blinks(const Thread& thread) { return thread.wait.kind == WaitKind::running; }

}  // namespace

std::string doing_text(const Snapshot& look, const Thread& thread, const Gil* gil) {
    if (gil != nullptr && blinks(thread)) return "waits for " + describe_gil_wait(gil->id, gil->holder_tid);
    std::string text = with_time(thread, wait_text(thread));
    for (const int id : gils_held_by(look, thread.tid)) text += fmt::format(", holds GIL {}", id);
    if (thread.moved) text += ", moved while it was read";
    return text;
}

std::string interpreter_text(const Python& python, const ThreadState& state, bool verbose) {
    const auto& all = python.interpreters;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Interpreter& i) { return i.id == state.interpreter; });
    std::string text = fmt::format("interpreter {}", state.interpreter);
    if (found != all.end()) {
        text += fmt::format(" ({}{})", name_of(found->kind), found->gil > 0 ? fmt::format(", GIL {}", found->gil) : "");
        if (verbose) text += fmt::format(" at {:#x}", found->address.value);
    }
    if (verbose) text += fmt::format(", thread state {:#x} {}", state.address.value, name_of(state.status));
    if (state.async_exception_pending) text += ", an exception waits to be raised in it";
    return text;
}

std::string label_of(const Thread& thread, std::int64_t interpreter, std::int64_t usual) {
    const std::string where = interpreter == usual ? "" : fmt::format(", interpreter {}", interpreter);
    return fmt::format("{} (tid {}{})", thread_name(thread), thread.tid, where);
}

}  // namespace subint_doctor::report
