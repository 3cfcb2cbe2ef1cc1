#include "event_loops.h"

#include <algorithm>
#include <array>

namespace subint_doctor::diagnose {
namespace {

struct LoopFile {
    std::string_view file;  // a part of the path
    std::string_view function;  // empty: any
    std::string_view loop;
};

// Where a loop calls into the kernel, or into C code that does (uvloop and gevent have no Python frame below these).
constexpr std::array waits = {
    LoopFile{"/asyncio/base_events.py", "_run_once", "asyncio"},
    LoopFile{"/asyncio/runners.py", "run", "asyncio"},
    LoopFile{"/uvloop/", "", "uvloop"},
    LoopFile{"/trio/_core/_io_epoll.py", "get_events", "trio"},
    LoopFile{"/twisted/internet/epollreactor.py", "", "twisted"},
    LoopFile{"/twisted/internet/pollreactor.py", "", "twisted"},
    LoopFile{"/twisted/internet/selectreactor.py", "", "twisted"},
    LoopFile{"/tornado/ioloop.py", "", "tornado"},
    LoopFile{"/curio/kernel.py", "", "curio"},
    LoopFile{"/gevent/hub.py", "run", "gevent"},
    LoopFile{"/gevent/_ffi/loop.py", "", "gevent"},
    LoopFile{"/eventlet/hubs/", "", "eventlet"},
};

// Frames that a loop has on the stack as long as it runs.
constexpr std::array loops = {
    LoopFile{"/asyncio/base_events.py", "", "asyncio"},
    LoopFile{"/asyncio/runners.py", "run", "asyncio"},
    LoopFile{"/uvloop/", "", "uvloop"},
    LoopFile{"/trio/_core/_run.py", "", "trio"},
    LoopFile{"/anyio/_core/_eventloop.py", "run", "anyio"},
    LoopFile{"/twisted/internet/base.py", "mainLoop", "twisted"},
    LoopFile{"/tornado/ioloop.py", "start", "tornado"},
    LoopFile{"/curio/kernel.py", "", "curio"},
    LoopFile{"/gevent/hub.py", "", "gevent"},
    LoopFile{"/gevent/_", "", "gevent"},
    LoopFile{"/eventlet/hubs/", "", "eventlet"},
};

const Code* code_at(const Python& python, const ThreadState& state, std::size_t depth) {
    if (depth >= state.frames.size()) return nullptr;
    const std::uint32_t index = state.frames[depth].code;
    return index < python.codes.size() ? &python.codes[index] : nullptr;
}

template <std::size_t N>
std::optional<std::string_view> row_of(const std::array<LoopFile, N>& rows, const Code* code) {
    if (code == nullptr) return std::nullopt;
    const auto* found = std::find_if(rows.begin(), rows.end(), [&](const LoopFile& row) {
        return code->file.find(row.file) != std::string::npos && (row.function.empty() || row.function == code->name);
    });
    return found == rows.end() ? std::nullopt : std::optional(found->loop);
}

bool is_selector(const Code* code) {
    return code != nullptr && code->name == "select" && code->file.ends_with("/selectors.py");
}

}  // namespace

std::optional<std::string_view> loop_that_waits(const Python& python, const ThreadState& state) {
    const Code* innermost = code_at(python, state, 0);
    if (!is_selector(innermost)) return row_of(waits, innermost);
    const std::optional<std::string_view> below = row_of(waits, code_at(python, state, 1));
    return below ? below : std::optional<std::string_view>("selectors");
}

std::optional<std::string_view> loop_on_stack(const Python& python, const ThreadState& state) {
    for (std::size_t depth = 0; depth < state.frames.size(); ++depth) {
        const Code* code = code_at(python, state, depth);
        if (const auto loop = row_of(loops, code)) return loop;
        if (depth == 0 && is_selector(code) && !row_of(loops, code_at(python, state, 1))) return "selectors";
    }
    return std::nullopt;
}

std::vector<RunningLoop> running_loops(const Case& seen) {
    std::vector<RunningLoop> found;
    if (!seen.last().python) return found;
    for (const Interpreter& interpreter : seen.last().python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            const auto loop = loop_on_stack(*seen.last().python, state);
            if (loop && state.tid) found.push_back({*loop, *state.tid, interpreter.id});
        }
    }
    return found;
}

}  // namespace subint_doctor::diagnose
