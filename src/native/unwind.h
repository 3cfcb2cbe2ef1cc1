// From the registers of a function to those of its caller, on a copy of a stack.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "arch.h"
#include "code_files.h"
#include "subint_doctor/model/native_stack.h"

namespace subint_doctor::native {

struct CopiedStack {
    Address start;
    std::span<const std::byte> bytes;

    std::optional<std::uint64_t> word(std::uint64_t address) const;
};

// A function with its registers as far as they are known; those that a call may change are what they were further in.
struct Activation {
    arch::Registers registers{};
    FoundBy via = FoundBy::start;
    bool was_interrupted = true;  // it stands before its next instruction; else behind a call

    Address next_instruction() const { return {registers[arch::return_address].value_or(0)}; }
    // An address in the function and of the very instruction that it is in.
    Address at() const { return next_instruction() - (was_interrupted ? 0 : 1); }
    std::uint64_t stack_pointer() const { return registers[arch::stack_pointer].value_or(0); }
};

enum class Unwound { caller, end, lost };

struct UnwindStep {
    Unwound result = Unwound::lost;
    Activation caller;  // of `caller`
    bool signal_frame = false;  // the activation that it was asked for is the kernel's frame of a signal
    std::string problem;  // of `lost`: why, "..."
    bool lacks_register = false;  // of `lost`: it would need one that is not known
};

// `place` is where `activation.at()` lies; empty: nowhere.
UnwindStep unwind(const Activation& activation, const std::optional<Place>& place, const CopiedStack& stack,
                  CodeFiles& files);

}  // namespace subint_doctor::native
