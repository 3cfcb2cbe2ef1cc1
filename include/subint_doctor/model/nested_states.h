// Which thread states each OS thread has, in the order in which they lie on its C stack.
#pragma once

#include <unordered_map>
#include <vector>

#include "subint_doctor/model/python.h"

namespace subint_doctor {

// Of one thread: the attached state runs; of detached ones the innermost keeps bound_gilstate (3.13+), and the others
// follow as they lie on the stack, which grows downwards.
bool runs_inside(const ThreadState& inner, const ThreadState& outer);

using StatesByTid = std::unordered_map<int, std::vector<const ThreadState*>>;  // innermost first

StatesByTid states_by_tid(const Python& python);

}  // namespace subint_doctor
