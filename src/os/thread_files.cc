#include "thread_files.h"

#include "numbers.h"
#include "syscall_names.h"

namespace subint_doctor::os {

std::optional<Counters> parse_schedstat(std::string_view text) {
    const auto run = parse_decimal<std::uint64_t>(take_word(text));
    const auto queue = parse_decimal<std::uint64_t>(take_word(text));
    const auto slices = parse_decimal<std::uint64_t>(take_word(text));
    if (!run || !queue || !slices) return std::nullopt;
    return Counters{*run, *queue, *slices};
}

std::optional<Syscall> parse_syscall(std::string_view text) {
    const auto number = parse_decimal<std::int64_t>(take_word(text));
    if (!number) return std::nullopt;
    Syscall syscall;
    syscall.number = *number;
    syscall.name = syscall_name(*number);
    if (*number != -1) {
        for (std::uint64_t& arg : syscall.args) {
            const auto value = parse_hex<std::uint64_t>(take_word(text));
            if (!value) return std::nullopt;
            arg = *value;
        }
    }
    const auto stack_pointer = parse_hex<std::uint64_t>(take_word(text));
    const auto instruction_pointer = parse_hex<std::uint64_t>(take_word(text));
    if (!stack_pointer || !instruction_pointer) return std::nullopt;
    syscall.stack_pointer = {*stack_pointer};
    syscall.instruction_pointer = {*instruction_pointer};
    return syscall;
}

}  // namespace subint_doctor::os
