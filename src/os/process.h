// Facts of the whole process; see Target::process() and LiveTarget::process_cpu_ns().
#pragma once

#include <string_view>
#include <vector>

#include "pinned_process.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::os {

Result<Process> read_process(const PinnedProcess& patient, std::vector<Unread>& unread);
Result<std::uint64_t> read_process_cpu_ns(const PinnedProcess& patient);

// "net", "pid", "user": true if its namespace is surely not ours; false also where we may not see it.
bool in_other_namespace(int proc, const char* kind);

// The name of a process, empty where there is none.
std::string command_name(int pid);

// The path in the line of /proc/PID/cgroup that stands for the unified hierarchy, cgroups(7); empty if there is none.
std::string_view unified_cgroup(std::string_view text);

}  // namespace subint_doctor::os
