// What one thread does, in words.
#pragma once

#include <string>

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::report {

// "waits for GIL 0, held by 4244"; "running, holds GIL 0". `gil`: the one it was seen waiting for in any look.
std::string doing_text(const Snapshot& look, const Thread& thread, const Gil* gil);

// "interpreter 1 (legacy)"; its GIL too, where that is not the main one. With `verbose`, addresses.
std::string interpreter_text(const Python& python, const ThreadState& state, bool verbose);

// "worker-1 (tid 7)", with its interpreter where that is not `usual`.
std::string label_of(const Thread& thread, std::int64_t interpreter, std::int64_t usual);

}  // namespace subint_doctor::report
