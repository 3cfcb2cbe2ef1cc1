// A thread's C frames and Python frames in one order: who called whom.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "subint_doctor/model/address.h"
#include "subint_doctor/model/native_stack.h"

namespace subint_doctor {

struct MergedFrame {
    bool python = false;
    Address thread_state;  // whose frame it is; 0 for a C frame
    std::size_t frame = 0;  // index into that state's frames, or into MergedStack::native's
    bool glue = false;  // a C frame of the interpreter's own, on the way from one Python frame to the next

    bool operator==(const MergedFrame&) const = default;
};

// C code that holds what others need, or leaves it half changed: nothing may be run on such a thread.
enum class Inside { nothing, malloc, loader, fork, stdio, gil };

struct MergedStack {
    NativeStack native;
    // Innermost first. In place of a call of the interpreter's loop stand the Python frames that it runs.
    std::vector<MergedFrame> frames;
    std::string problem;  // why C frames and Python frames stand one after the other; empty where their order is known
    Inside inside = Inside::nothing;

    bool operator==(const MergedStack&) const = default;
};

}  // namespace subint_doctor
