// Where a function's caller left its registers, at one instruction: a row of the table that call frame information stands
// for, DWARF 5 section 6.4.1.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "arch.h"
#include "subint_doctor/model/result.h"

namespace subint_doctor::native {

using Expression = std::vector<std::byte>;  // DWARF 5 section 2.5

struct RegisterRule {
    enum class Kind : std::uint8_t {
        same,  // also of registers that are not mentioned
        undefined,
        at_offset,  // saved at the canonical frame address plus `value`
        is_offset,  // is that address plus `value`
        in_register,  // in register `value`
        at_expression,  // saved at what `expressions[value]` computes
        is_expression,
    };
    Kind kind = Kind::same;
    std::int64_t value = 0;
};

struct FrameRow {
    // The canonical frame address: the stack pointer before the call.
    bool address_is_expression = false;  // expressions[0] computes it; else register plus offset
    std::uint64_t address_register = 0;
    std::int64_t address_offset = 0;
    std::array<RegisterRule, arch::register_count> registers;
    std::vector<Expression> expressions;
    std::size_t return_register = arch::return_address;
    bool signal_frame = false;
};

// What a CIE says to all its functions, section 6.4.1 and LSB 5 section 10.6.
struct CommonFrame {
    std::uint64_t code_alignment = 1;
    std::int64_t data_alignment = 1;
    std::uint64_t return_register = arch::return_address;
    std::uint8_t pointer_encoding = 0;  // of the function's address in FDEs
    bool has_augmentation = false;  // FDEs begin with data to be skipped
    bool signal_frame = false;
    std::span<const std::byte> instructions;
};

struct FunctionFrame {
    std::uint64_t start = 0;  // as in the file's program headers
    std::uint64_t size = 0;
    std::span<const std::byte> instructions;
};

// Fails with `corrupt` for what is not understood: then nothing is believed.
Result<FrameRow> frame_row(const CommonFrame& common, const FunctionFrame& function, std::uint64_t address);

}  // namespace subint_doctor::native
