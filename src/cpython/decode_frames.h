// The chain of interpreter frames of one thread state, innermost first.
// Mirrors: Include/internal/pycore_frame.h (3.13), pycore_interpframe_structs.h (3.14, 3.15), _PyInterpreterFrame.
#pragma once

#include <string>
#include <vector>

#include "decode_code.h"
#include "struct_reader.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::cpython {

constexpr std::size_t max_frames_per_thread = 10'000;
constexpr std::size_t max_frames = 200'000;  // in one look

// A frame that may run Python code.
struct RawFrame {
    Address address;
    Address executable;
    Address instruction;
    bool in_generator = false;
};

struct FrameChain {
    std::vector<RawFrame> frames;
    Address stack_anchor;  // lowest address of the frames on the C stack; 0: none
    bool complete = false;  // it reached its end
    std::uint64_t fingerprint = 0;
    std::string problem;  // why it did not
};

// One chain that is being walked.
struct FrameWalk {
    Address next;
    Address base_frame;  // ends the chain (3.15); 0 where the version has none
    std::vector<Address> walked;
    FrameChain chain;
};

// Walks all chains at once, so that what several of them need next is one read.
std::vector<FrameChain> walk_frames(const StructReader& structs, std::vector<FrameWalk> walks);

// Turns a chain into the state's frames: leaves out what is no Python code or has not begun, as sys._getframe does.
// Returns the outermost frame that is left; 0: none.
Address describe_frames(const FrameChain& chain, CodeTable& codes, ThreadState& state);

}  // namespace subint_doctor::cpython
