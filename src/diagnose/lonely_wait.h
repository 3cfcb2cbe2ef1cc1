// The only thread of a process in a wait that only a thread of the process could end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "case.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::diagnose {

struct LonelyWait {
    const Thread* thread = nullptr;
    // Signals with a handler that might still end it, signal(7); those of faults and of the C library do not count, nor
    // does SIGINT, which is told apart.
    std::vector<int> handled_signals;
};

// Where the process has one living thread in every look, which sleeps in the same untimed wait on a lock, does not run
// at all between the looks, and waits for what no other process can reach.
std::optional<LonelyWait> find_lonely_wait(const Case& seen);

// `certain` with two looks and no handler in the way.
Confidence confidence_of(const Case& seen, const LonelyWait& wait);

// The thread, its wait and its place, and what signals might do.
std::vector<std::string> lonely_wait_lines(const Case& seen, const LonelyWait& wait);

// Forked, and has run no other program since, by a parent that has several threads now: such a lock may be one that
// another thread of the parent held at that moment.
bool parent_had_other_threads(const Process& process);

}  // namespace subint_doctor::diagnose
