// What both renderers ask of an inspection: joins of its flat lists. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::report {

// Thread states of no living OS thread.
std::vector<const ThreadState*> orphans(const Python& python);

// Threads seen waiting for `gil` in any look, by tid: a waiter blinks, so one look may miss it. Not the one that holds
// it in the last look.
std::vector<int> waiters_in_any_look(const Inspection& inspection, const Gil& gil);

// "python" | "default" | "ignored" | "other-handler"; empty: not known.
std::optional<std::string_view> sigint_disposition(const Snapshot& look);

// Of inspection and diagnosis together, each once.
std::vector<Gap> all_gaps(const std::vector<Gap>& seen, const std::vector<Gap>& needed);

}  // namespace subint_doctor::report
