// All threads of the patient; see Target::begin_threads() and finish_threads().
#pragma once

#include <span>
#include <vector>

#include "patient.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::target {

// Where a thread's counters come from. A kernel without CONFIG_SCHED_INFO has no schedstat; the switches of status then
// stand for `slices`, and times are 0.
enum class CounterSource { schedstat, status };
CounterSource counter_source();

Result<std::vector<Thread>> begin_threads(const Patient& patient, CounterSource source);
void finish_threads(const Patient& patient, CounterSource source, std::vector<Thread>& threads,
                    std::span<const Thread> previous, std::vector<Gap>& gaps);

}  // namespace subint_doctor::target
