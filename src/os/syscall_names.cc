#include "syscall_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "arch.h"

namespace subint_doctor::os {
namespace {

// clock_nanosleep's first argument is a clock id, nanosleep's an address.
constexpr std::uint64_t highest_clock_id = 31;

}  // namespace

std::string syscall_name(std::int64_t number) {
    if (number == -1) return "no system call";
    const auto row = std::ranges::lower_bound(arch::syscall_rows, number, {}, &arch::SyscallRow::number);
    if (row == std::end(arch::syscall_rows) || row->number != number) return fmt::format("syscall {}", number);
    return std::string(row->name);
}

void resolve_restart(Syscall& syscall, std::string_view wait_channel) {
    if (syscall.number != arch::restart_syscall) return;
    if (wait_channel.find("futex") != std::string_view::npos) {
        syscall.number = arch::futex;
    } else if (wait_channel.find("nanosleep") != std::string_view::npos) {
        syscall.number = syscall.args[0] <= highest_clock_id ? arch::clock_nanosleep : arch::nanosleep;
    } else if (wait_channel.find("poll") != std::string_view::npos) {
        syscall.number = arch::poll;
    }
    syscall.name = syscall_name(syscall.number);
}

}  // namespace subint_doctor::os
