// Which thread a thread waits for.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "objects.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::cpython {

struct InnermostFrame {
    ThreadState* state = nullptr;  // it has frames
    Address first_local;  // of its innermost frame
};

// Sets joined_namespace_tid of the states whose innermost frame is threading.Thread.join, from its `self`. A thread that
// was not started, or has no number of its own, is none.
// Mirrors: Lib/threading.py (3.13-3.15).
void find_joined_threads(Objects& objects, std::span<const InnermostFrame> frames, const std::vector<Code>& codes);

}  // namespace subint_doctor::cpython
