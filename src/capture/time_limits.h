// How long a system call lets itself wait, from its arguments.
#pragma once

#include <optional>

#include "subint_doctor/model/memory_reader.h"
#include "subint_doctor/model/process.h"

namespace subint_doctor::capture {

// What the arguments alone tell; empty for a call that is not known. Pure.
std::optional<TimeLimit> time_limit_of(const Syscall& call);

// The patient's clocks at the look. `monotonic_ns` is empty where it has another one than this tool, time_namespaces(7).
struct PatientTime {
    std::optional<std::uint64_t> monotonic_ns;
    std::uint64_t realtime_ns = 0;
};

// Reads what an argument points to: a span, or the time that is left until a point in time. Leaves `limit` as it is where
// that cannot be read or is not a time.
void read_time_limit(const MemoryReader& memory, const Syscall& call, const PatientTime& now, TimeLimit& limit);

}  // namespace subint_doctor::capture
