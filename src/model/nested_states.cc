#include "subint_doctor/model/nested_states.h"

#include <algorithm>
#include <tuple>

namespace subint_doctor {
namespace {

auto depth_of(const ThreadState& state) {
    const bool has_no_anchor = !state.stack_anchor;
    return std::tuple(state.status != ThreadStatus::attached, !state.bound_gilstate, has_no_anchor,
                      state.stack_anchor.value);
}

}  // namespace

bool runs_inside(const ThreadState& inner, const ThreadState& outer) { return depth_of(inner) < depth_of(outer); }

StatesByTid states_by_tid(const Python& python) {
    StatesByTid states;
    for (const Interpreter& interpreter : python.interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (state.tid) states[*state.tid].push_back(&state);
        }
    }
    for (auto& [tid, nested] : states) {
        std::stable_sort(nested.begin(), nested.end(),
                         [](const ThreadState* a, const ThreadState* b) { return runs_inside(*a, *b); });
    }
    return states;
}

}  // namespace subint_doctor
