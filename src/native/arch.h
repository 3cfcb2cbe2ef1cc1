// All that depends on the machine's architecture: registers by DWARF's numbers, and what its kernel and calls leave on a stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "subint_doctor/os/hold.h"

#if !defined(__x86_64__)
#error "x86-64 only: another architecture needs its own numbers"
#endif

namespace subint_doctor::native::arch {

// System V psABI, AMD64 supplement, figure 3.36: rax rdx rcx rbx rsi rdi rbp rsp r8 ... r15, return address.
inline constexpr std::size_t register_count = 17;
inline constexpr std::size_t frame_pointer = 6;
inline constexpr std::size_t stack_pointer = 7;
inline constexpr std::size_t return_address = 16;

// What a function may use below its stack pointer, psABI section 3.2.2.
inline constexpr std::uint64_t red_zone_bytes = 128;

using Registers = std::array<std::optional<std::uint64_t>, register_count>;  // empty: not known

// From the order of user_regs_struct, sys/user.h: r15 ... r12 rbp rbx r11 ... r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp.
inline Registers by_dwarf_number(const os::Registers& registers) {
    constexpr std::array<std::uint8_t, register_count> word = {10, 12, 11, 5, 13, 14, 4, 19, 9,
                                                               8,  7,  6,  3, 2,  1,  0, 16};
    Registers result{};
    for (std::size_t number = 0; number < register_count; ++number) result[number] = registers.all[word[number]];
    return result;
}

// The kernel's frame of a signal, struct rt_sigframe in arch/x86/include/asm/sigframe.h: a handler returns into the trampoline
// with the stack pointer at the ucontext. Offsets from there, in sigcontext's order by DWARF's numbers.
inline constexpr std::array<std::uint8_t, 9> signal_trampoline = {0x48, 0xc7, 0xc0, 0x0f, 0,
                                                                  0,    0,    0x0f, 0x05};  // rt_sigreturn
inline constexpr std::array<std::uint16_t, register_count> saved_at = {144, 136, 152, 128, 112, 104, 120, 160, 40,
                                                                       48,  56,  64,  72,  80,  88,  96,  168};

// Whether a call may end where `before` ends: e8 rel32, or ff /2 with any operand.
inline constexpr std::size_t longest_call = 7;
inline bool ends_with_call(std::span<const std::byte, longest_call> before) {
    const auto at = [&](std::size_t back) { return std::to_integer<unsigned>(before[longest_call - back]); };
    if (at(5) == 0xe8) return true;
    // Lengths of ff /2 by its operand's form: register 2; memory 2, 3 or 6 bytes, one more with an index byte.
    for (const std::size_t length : {2U, 3U, 4U, 6U, 7U}) {
        if (at(length) == 0xff && (at(length - 1) & 0x38U) == 0x10U) return true;
    }
    return false;
}

}  // namespace subint_doctor::native::arch
