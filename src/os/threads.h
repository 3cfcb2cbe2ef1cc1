// All threads of the patient; see Target::begin_threads().
#pragma once

#include <memory>
#include <span>

#include "pinned_process.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::os {

// Where a thread's counters come from. A kernel without CONFIG_SCHED_INFO has no schedstat; the switches of status then
// stand for `slices`, and times are 0.
enum class CounterSource { schedstat, status };
CounterSource counter_source();

Result<std::unique_ptr<ThreadReading>> begin_threads(const PinnedProcess& patient, CounterSource source,
                                                     std::span<const Thread> previous);

}  // namespace subint_doctor::os
