// The chain of interpreter frames of one thread state, innermost first.
// Mirrors: Include/internal/pycore_frame.h (3.13), pycore_interpframe_structs.h (3.14, 3.15), _PyInterpreterFrame.
#pragma once

#include <span>

#include "decode_code.h"
#include "struct_reader.h"
#include "subint_doctor/cpython/raw_stack.h"

namespace subint_doctor::cpython {

constexpr std::size_t max_frames = 100'000;  // in one look

// One chain that is being walked, into `stack`.
struct FrameWalk {
    RawStack* stack = nullptr;
    Address next;
    Address base_frame;  // ends the chain (3.15); 0 where the version has none
    std::size_t taken = 0;  // frames so far, those that are no Python code included
    // Brent's: a frame that was passed, another one after 2, 4, 8 ... frames; met again, the chain is a circle.
    Address passed;
};

// Walks all chains at once, so that what several of them need next is one read. Takes what it walks from `budget`.
void walk_frames(const StructReader& structs, std::span<FrameWalk> walks, std::size_t& budget);

// The ends of the frames that are left; nullptr: none are.
struct DescribedFrames {
    const RawFrame* innermost = nullptr;
    const RawFrame* outermost = nullptr;
};

// Turns a raw stack into the state's frames: leaves out what is no Python code or has not begun, as sys._getframe does.
DescribedFrames describe_frames(const RawStack& raw, CodeTable& codes, ThreadState& state);

}  // namespace subint_doctor::cpython
