#include "time_limits.h"

#include <linux/futex.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

namespace subint_doctor::capture {
namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr std::uint64_t ns_per_ms = 1'000'000;

// What the argument that limits the time is: see the manual page of each call.
enum class Form { none, milliseconds, timespec, timeval, futex_time, sleep_until };
struct LimitArgument {
    std::string_view syscall;
    std::size_t argument;
    Form form;
};
constexpr std::array limit_arguments = {
    LimitArgument{"epoll_wait", 3, Form::milliseconds},
    LimitArgument{"epoll_pwait", 3, Form::milliseconds},
    LimitArgument{"epoll_pwait2", 3, Form::timespec},
    LimitArgument{"poll", 2, Form::milliseconds},
    LimitArgument{"ppoll", 2, Form::timespec},
    LimitArgument{"select", 4, Form::timeval},
    LimitArgument{"pselect6", 4, Form::timespec},
    LimitArgument{"futex", 3, Form::futex_time},
    LimitArgument{"rt_sigtimedwait", 2, Form::timespec},
    LimitArgument{"clock_nanosleep", 2, Form::sleep_until},
    LimitArgument{"nanosleep", 0, Form::timespec},
    LimitArgument{"pause", 0, Form::none},
    LimitArgument{"wait4", 0, Form::none},
    LimitArgument{"waitid", 0, Form::none},
    LimitArgument{"flock", 0, Form::none},
};

const LimitArgument* argument_of(const Syscall& call) {
    const auto* found = std::ranges::find(limit_arguments, call.name, &LimitArgument::syscall);
    return found == limit_arguments.end() ? nullptr : found;
}

// Two words: seconds, and nanoseconds or microseconds.
std::optional<std::uint64_t> read_ns(const MemoryReader& memory, std::uint64_t address, std::uint64_t ns_per_unit) {
    const auto words = read_value<std::array<std::int64_t, 2>>(memory, {address});
    if (!words) return std::nullopt;
    const auto [seconds, part] = *words;
    constexpr std::int64_t longest_s = std::int64_t{1} << 33U;  // two and a half centuries: nobody's time limit
    const bool is_time =
        seconds >= 0 && seconds < longest_s && part >= 0 && static_cast<std::uint64_t>(part) * ns_per_unit < ns_per_s;
    if (!is_time) return std::nullopt;
    return static_cast<std::uint64_t>(seconds) * ns_per_s + static_cast<std::uint64_t>(part) * ns_per_unit;
}

void set_left(std::optional<std::uint64_t> now_ns, std::uint64_t until_ns, TimeLimit& limit) {
    if (now_ns) limit.left_ms = until_ns > *now_ns ? (until_ns - *now_ns) / ns_per_ms : 0;
}

// kernel/futex/syscalls.c: FUTEX_WAIT alone takes a span.
void read_futex_time(const MemoryReader& memory, const Syscall& call, const PatientTime& now, TimeLimit& limit) {
    const auto time = read_ns(memory, call.args[3], 1);
    if (!time) return;
    const auto operation = static_cast<int>(call.args[1]);
    const int command = operation & FUTEX_CMD_MASK;
    if (command == FUTEX_WAIT) {
        limit.ms = *time / ns_per_ms;
        return;
    }
    const bool wall_clock = (operation & FUTEX_CLOCK_REALTIME) != 0 || command == FUTEX_LOCK_PI;
    set_left(wall_clock ? now.realtime_ns : now.monotonic_ns, *time, limit);
}

void read_sleep(const MemoryReader& memory, const Syscall& call, const PatientTime& now, TimeLimit& limit) {
    const auto time = read_ns(memory, call.args[2], 1);
    if (!time) return;
    const auto clock = static_cast<int>(call.args[0]);
    if ((call.args[1] & TIMER_ABSTIME) == 0) {
        limit.ms = *time / ns_per_ms;
    } else if (clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME) {
        set_left(clock == CLOCK_REALTIME ? now.realtime_ns : now.monotonic_ns, *time, limit);
    }
}

}  // namespace

std::optional<TimeLimit> time_limit_of(const Syscall& call) {
    const LimitArgument* found = argument_of(call);
    if (found == nullptr) return std::nullopt;
    const std::uint64_t value = call.args[found->argument];
    TimeLimit limit;
    if (found->form == Form::milliseconds) {
        const auto ms = static_cast<std::int32_t>(value);
        limit.limited = ms >= 0;
        if (limit.limited) limit.ms = static_cast<std::uint64_t>(ms);
    } else {
        limit.limited = found->form != Form::none && value != 0;
    }
    return limit;
}

void read_time_limit(const MemoryReader& memory, const Syscall& call, const PatientTime& now, TimeLimit& limit) {
    const LimitArgument* found = argument_of(call);
    if (found == nullptr || !limit.limited) return;
    const std::uint64_t address = call.args[found->argument];
    if (found->form == Form::futex_time) {
        read_futex_time(memory, call, now, limit);
    } else if (found->form == Form::sleep_until) {
        read_sleep(memory, call, now, limit);
    } else if (found->form == Form::timespec || found->form == Form::timeval) {
        const auto span = read_ns(memory, address, found->form == Form::timeval ? 1'000 : 1);
        if (span) limit.ms = *span / ns_per_ms;
    }
}

}  // namespace subint_doctor::capture
