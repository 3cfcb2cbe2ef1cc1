// Threads that do the same thing, so that twenty-five equal stacks are shown once. Linear in threads and frames.
#pragma once

#include <vector>

#include "code_text.h"
#include "facts.h"
#include "subint_doctor/model/nested_states.h"

namespace subint_doctor::report {

struct ThreadGroup {
    const Thread* shown = nullptr;
    std::vector<const Thread*> same;  // equal stacks and the same kind of wait
};

// The main thread's group first, then those of GIL holders, then by tid.
std::vector<ThreadGroup> group_threads(const Snapshot& look, const StatesByTid& states, CodeTexts& codes);

// Ids of the GILs that this thread holds.
std::vector<int> gils_held_by(const Snapshot& look, int tid);

}  // namespace subint_doctor::report
