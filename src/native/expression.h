// Computes a DWARF expression (DWARF 5 section 2.5) of call frame information.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "arch.h"

namespace subint_doctor::native {

// Eight bytes of the copied stack; empty where it was not copied.
using ReadWord = std::function<std::optional<std::uint64_t>(std::uint64_t address)>;

// `first` lies on its stack at the beginning. Empty where it does not end, reads what was not copied or a register that is
// not known, or is not understood.
std::optional<std::uint64_t> compute(std::span<const std::byte> expression, const arch::Registers& registers,
                                     std::optional<std::uint64_t> first, const ReadWord& read);

}  // namespace subint_doctor::native
