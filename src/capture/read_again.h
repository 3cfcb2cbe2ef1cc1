// Thread states that are read again after a look.
#pragma once

#include <vector>

#include "subint_doctor/model/python.h"

namespace subint_doctor::capture {

// Of one thread, innermost first.
std::vector<ThreadState*> states_of(Python& python, int tid);

// What was read again takes the place of what the look read, but for what other facts were joined with.
void take_over(ThreadState& state, ThreadState&& read);

}  // namespace subint_doctor::capture
