#include "read_again.h"

#include <algorithm>
#include <utility>

#include "subint_doctor/model/nested_states.h"

namespace subint_doctor::capture {

std::vector<ThreadState*> states_of(Python& python, int tid) {
    std::vector<ThreadState*> found;
    for (Interpreter& interpreter : python.interpreters) {
        for (ThreadState& state : interpreter.thread_states) {
            if (state.tid == tid) found.push_back(&state);
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const ThreadState* a, const ThreadState* b) { return runs_inside(*a, *b); });
    return found;
}

void take_over(ThreadState& state, ThreadState&& read) {
    read.tid = state.tid;
    read.holds_gil = state.holds_gil;  // a fact of the look, joined with the GIL's holder
    if (!read.python_name) read.python_name = std::move(state.python_name);
    state = std::move(read);
}

}  // namespace subint_doctor::capture
