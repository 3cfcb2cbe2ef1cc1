// A process id as a user types it.
#pragma once

#include <optional>
#include <string_view>

namespace subint_doctor::cli {

// Digits only, 1 to 4194304 (PID_MAX_LIMIT, include/linux/threads.h); empty: not a PID.
std::optional<int> parse_pid(std::string_view text);

}  // namespace subint_doctor::cli
