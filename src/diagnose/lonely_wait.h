// The only thread of a process in a wait that only a thread of the process could end.
#pragma once

#include <optional>
#include <vector>

#include "case.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::diagnose {

struct LonelyWait {
    const Thread* thread = nullptr;
    // Those whose handlers might still end it, signal(7): not those of a fault and of the C library, and not SIGINT where
    // its handler is that of Python, asyncio or trio, which release nothing.
    std::vector<int> handled_signals;
};

// Where the process has one living thread in every look, which sleeps in the same untimed wait on a lock, does not run
// at all between the looks, and waits for what no other process can reach.
std::optional<LonelyWait> find_lonely_wait(const Case& seen);

// All but the sentence, the explanation and the cure. Critical and `certain` where no handler is in the way (`likely` with
// one look); else it may be what the program does until it gets a signal.
Finding lonely_wait_finding(const Case& seen, const LonelyWait& wait);

// It was forked, has run no other program since, and its parent runs the same one with several threads now: the lock may be
// one that another thread of the parent held at that moment.
bool is_forked_beside_threads(const Process& process);

}  // namespace subint_doctor::diagnose
