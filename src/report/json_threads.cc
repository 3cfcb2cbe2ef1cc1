#include <fmt/format.h>

#include "facts.h"
#include "json_parts.h"
#include "json_stream.h"
#include "names.h"
#include "subint_doctor/model/nested_states.h"
#include "subint_doctor/model/text.h"

namespace subint_doctor::report {
namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;

Json json_syscall(const Syscall& call) {
    Json json;
    json["number"] = call.number;
    json["name"] = json_text(call.name);
    json["args"] = call.args;
    return json;
}

// A frame's own text is bounded, and where the report is at its limit the rest of a stack is left out.
constexpr std::size_t longest_name = 1'024;

Json json_frame(const Python& python, const Frame& frame) {
    const Code* code = frame.code < python.codes.size() ? &python.codes[frame.code] : nullptr;
    Json json;
    json["function"] = code != nullptr ? json_text(cut(code->name, longest_name)) : Json(nullptr);
    json["qualname"] = code != nullptr ? json_text(cut(code->qualname, longest_name)) : Json(nullptr);
    json["file"] = code != nullptr ? json_text(code->file) : Json(nullptr);
    json["line"] = json_optional(frame.line);
    json["column"] = json_optional(frame.column);
    return json;
}

Json json_state_head(const ThreadState& state) {
    Json json;
    json["interpreter"] = state.interpreter;
    json["address"] = json_address(state.address);
    json["status"] = name_of(state.status);
    json["holds_gil"] = state.holds_gil;
    json["async_exception_pending"] = state.async_exception_pending;
    json["eval_breaker"] = eval_breaker_names(state.eval_breaker);
    return json;
}

void write_thread_state(JsonStream& out, const Python& python, const ThreadState& state) {
    out.begin('{');
    out.members(json_state_head(state));
    out.key("frames");
    out.begin('[');
    std::size_t written = 0;
    for (; written < state.frames.size() && out.size() < largest_report; ++written) {
        Json frame = json_frame(python, state.frames[written]);
        if (state.source && state.source->frame == written) {
            frame["source"] = json_text(state.source->text);
            frame["source_is_newer"] = state.source->newer;
        }
        out.value(frame);
    }
    out.end(']');
    const bool is_whole = written == state.frames.size();
    const std::string problem = is_whole ? state.frames_problem
                                         : fmt::format("{} more frames: the report is at its limit of {} MiB",
                                                       state.frames.size() - written, largest_report >> 20U);
    out.member("frames_complete", state.frames_complete && is_whole);
    out.member("frames_problem", problem.empty() ? Json(nullptr) : json_text(problem));
    out.end('}');
}

Json json_thread_head(const Thread& thread) {
    Json json;
    json["tid"] = thread.tid;
    json["name"] = json_text(thread.name);
    json["python_name"] = json_optional(thread.python_name);
    json["os_state"] = json_text({&thread.state, 1});
    json["is_process_leader"] = thread.is_process_leader;
    json["cpu_ms"] = thread.run_ns / ns_per_ms;
    json["voluntary_switches"] = thread.voluntary_switches;
    json["involuntary_switches"] = thread.involuntary_switches;
    json["syscall"] = thread.syscall ? json_syscall(*thread.syscall) : Json(nullptr);
    json["wchan"] = json_optional(thread.wait_channel);
    json["wait"] = json_wait(thread);
    return json;
}

void write_thread(JsonStream& out, const Snapshot& look, const Thread& thread,
                  const std::vector<const ThreadState*>& states) {
    out.begin('{');
    out.members(json_thread_head(thread));
    out.key("thread_states");
    out.begin('[');
    for (const ThreadState* state : states) write_thread_state(out, *look.python, *state);
    out.end(']');
    out.member("moved", thread.moved);
    if (thread.merged) write_merged_stack(out, look, *thread.merged, states);
    out.end('}');
}

}  // namespace

void write_threads(JsonStream& out, const Snapshot& look) {
    const StatesByTid states = look.python ? states_by_tid(*look.python) : StatesByTid{};
    out.begin('[');
    for (const Thread& thread : look.threads) {
        const auto found = states.find(thread.tid);
        write_thread(out, look, thread, found == states.end() ? std::vector<const ThreadState*>{} : found->second);
    }
    out.end(']');
}

void write_orphans(JsonStream& out, const Snapshot& look) {
    out.begin('[');
    if (look.python) {
        for (const ThreadState* state : orphans(*look.python)) write_thread_state(out, *look.python, *state);
    }
    out.end(']');
}

}  // namespace subint_doctor::report
