// Mappings of the patient and the files behind them; see Target::mappings() and open_mapped().
#pragma once

#include <string_view>
#include <vector>

#include "pinned_process.h"
#include "subint_doctor/model/process.h"

namespace subint_doctor::os {

// The text of /proc/PID/maps, proc_pid_maps(5). Lines of another form are left out.
std::vector<Mapping> parse_maps(std::string_view text);

Result<std::vector<Mapping>> read_mappings(const PinnedProcess& patient);
Result<File> open_mapped(const PinnedProcess& patient, const Mapping& mapping);

}  // namespace subint_doctor::os
