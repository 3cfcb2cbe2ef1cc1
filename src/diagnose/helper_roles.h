// Processes that ignore SIGINT by design, because their parent answers Ctrl-C for them. Told by what they run.
#pragma once

#include <optional>
#include <string_view>

#include "case.h"

namespace subint_doctor::diagnose {

// "a multiprocessing forkserver"; empty for all other processes.
std::optional<std::string_view> helper_role(const Snapshot& look);

}  // namespace subint_doctor::diagnose
