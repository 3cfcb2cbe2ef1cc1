#include "facts.h"
#include "json_parts.h"
#include "names.h"

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

Json json_wait(const Wait& wait) {
    Json json;
    json["kind"] = name_of(wait.kind);
    json["detail"] = json_text(wait.detail);
    json["fd"] = json_optional(wait.fd);
    json["peer"] = nullptr;
    json["owner_tid"] = json_optional(wait.owner_tid);
    json["since_us"] = nullptr;
    return json;
}

Json json_frame(const Python& python, const Frame& frame) {
    const Code* code = frame.code < python.codes.size() ? &python.codes[frame.code] : nullptr;
    Json json;
    json["function"] = code != nullptr ? json_text(code->name) : Json(nullptr);
    json["qualname"] = code != nullptr ? json_text(code->qualname) : Json(nullptr);
    json["file"] = code != nullptr ? json_text(code->file) : Json(nullptr);
    json["line"] = json_optional(frame.line);
    json["column"] = json_optional(frame.column);
    return json;
}

Json json_thread_state(const Python& python, const ThreadState& state) {
    Json json;
    json["interpreter"] = state.interpreter;
    json["address"] = json_address(state.address);
    json["status"] = name_of(state.status);
    json["holds_gil"] = state.holds_gil;
    json["async_exception_pending"] = state.async_exception_pending;
    json["eval_breaker"] = eval_breaker_names(state.eval_breaker);
    Json& frames = json["frames"] = Json::array();
    for (const Frame& frame : state.frames) frames.push_back(json_frame(python, frame));
    json["frames_complete"] = state.frames_complete;
    json["frames_problem"] = state.frames_problem.empty() ? Json(nullptr) : json_text(state.frames_problem);
    return json;
}

Json json_thread(const Snapshot& look, const Thread& thread, const std::vector<const ThreadState*>& states) {
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
    json["wait"] = json_wait(thread.wait);
    Json& nested = json["thread_states"] = Json::array();
    for (const ThreadState* state : states) nested.push_back(json_thread_state(*look.python, *state));
    json["moved"] = thread.moved;
    return json;
}

}  // namespace

Json json_threads(const Snapshot& look) {
    const StatesByTid states = look.python ? states_by_tid(*look.python) : StatesByTid{};
    Json threads = Json::array();
    for (const Thread& thread : look.threads) {
        const auto found = states.find(thread.tid);
        threads.push_back(
            json_thread(look, thread, found == states.end() ? std::vector<const ThreadState*>{} : found->second));
    }
    return threads;
}

Json json_orphans(const Python& python) {
    Json states = Json::array();
    for (const ThreadState* state : orphans(python)) states.push_back(json_thread_state(python, *state));
    return states;
}

}  // namespace subint_doctor::report
