// Event loops written in Python, told by the frames of the thread that runs them. Tasks have no frames of their own.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "case.h"

namespace subint_doctor::diagnose {

// "trio": the loop whose own wait is the innermost Python frame, so that it sleeps there by itself and no task keeps it
// in a call. "selectors" where Python code of another kind waits in a selector. Empty where no loop can be shown.
std::optional<std::string_view> loop_that_waits(const Python& python, const ThreadState& state);

// The innermost loop that runs on this stack, at work or asleep.
std::optional<std::string_view> loop_on_stack(const Python& python, const ThreadState& state);

struct RunningLoop {
    std::string_view name;
    int tid = 0;
    std::int64_t interpreter = -1;
};
// In the last look, of all threads and interpreters; empty without Python.
std::vector<RunningLoop> running_loops(const Case& seen);

}  // namespace subint_doctor::diagnose
