// Files of the patient's, read only where that cannot wait; see LiveTarget::read_files().
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pinned_process.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {

// A line of /proc/PID/mountinfo, proc_pid_mountinfo(5).
struct MountLine {
    std::uint64_t id = 0;
    std::string_view file_system;
};
std::optional<MountLine> parse_mount_line(std::string_view line);

// It answers by itself, from this machine's memory and disks.
bool is_local_file_system(std::string_view name);

Result<std::vector<std::optional<FileText>>> read_patient_files(const PinnedProcess& patient,
                                                                std::span<const std::string> paths,
                                                                std::size_t most_bytes);

}  // namespace subint_doctor::os
