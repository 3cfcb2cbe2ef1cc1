// The text of /proc/PID/task/TID/schedstat and .../syscall.
#pragma once

#include <optional>
#include <string_view>

#include "subint_doctor/model/process.h"

namespace subint_doctor::os {

// Documentation/scheduler/sched-stats.rst: time on a CPU, time waiting for one, times it got one.
struct Counters {
    std::uint64_t run_ns = 0;
    std::uint64_t queue_ns = 0;
    std::uint64_t slices = 0;
};
std::optional<Counters> parse_schedstat(std::string_view text);

// "running", or the call's number, six arguments, stack pointer and program counter; number -1 alone with the last two
// for a sleep outside of a call (fs/proc/base.c, proc_pid_syscall). Empty for "running" and for anything else.
std::optional<Syscall> parse_syscall(std::string_view text);

}  // namespace subint_doctor::os
