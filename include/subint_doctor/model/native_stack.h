// A thread's C stack as it was found on a copy of it: what the unwinder and the symbol tables say, before anything is merged
// with Python's frames. Plain data; addresses are names, never followed again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "subint_doctor/model/address.h"

namespace subint_doctor {

// What led to a frame. An inlined one was found as the frame that it is part of.
enum class FoundBy {
    start,  // the registers of the thread
    eh_frame,  // the call frame information that is loaded with the code, .eh_frame
    debug_frame,  // the one that only debuggers read, .debug_frame
    frame_pointer,  // a guess: the caller kept the stack's chain in its frame pointer register
};

struct NativeFrame {
    // Demangled, raw bytes of the patient's file; empty where no symbol covers the address.
    std::optional<std::string> function;
    // Path of the mapping's file as the patient's maps print it, "[vdso]"; empty: code without a file.
    std::optional<std::string> library;
    // Of the address in `library`'s file as its program headers lay it out, what addr2line(1) takes; empty without library.
    std::optional<std::uint64_t> library_offset;
    std::optional<std::string> file;  // of the source, as the compiler was called
    std::optional<int> line;  // 1-based
    Address
        address;  // of the next instruction: behind the call, except in the innermost frame and below a signal frame
    bool inlined = false;  // part of the next frame that is not: shares its address and stack
    bool signal_frame = false;  // the kernel put it there: the next one was interrupted, not a caller
    FoundBy via = FoundBy::start;
    AddressRange stack;  // from its stack pointer up to its caller's; size 0 where the caller was not found

    bool operator==(const NativeFrame&) const = default;
};

struct NativeStack {
    std::vector<NativeFrame> frames;  // innermost first
    bool complete = false;  // it ends where the thread began
    std::string problem;  // why it is not complete, "it goes on in code without a file, ..."; empty when it is

    bool operator==(const NativeStack&) const = default;
};

}  // namespace subint_doctor
