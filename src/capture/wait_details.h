// What each thread waits for, looked up: the arguments of its system call followed into its memory, and what the system
// knows of the descriptors and children that they name.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/clock.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

class WaitDetails {
public:
    // Looks up what classify_waits() found asleep in a system call, the first 4,096 threads, for the time between two looks
    // at a live process; not for those that wait for a lock without a time limit, of which there is nothing to look up.
    // What cannot be read is left out: no finding rests on it.
    void look_up(const os::Target& patient, const os::Clock& clock, const Snapshot& look);

    // Completes Thread::wait of those that slept on, in the same call, until this look: only what was read of them in
    // between is sure to belong to their wait.
    void add_to(Snapshot& look) const;

private:
    std::unordered_map<int, Thread> asleep_;  // by tid, as they were, with a completed wait
    std::uint64_t looked_up_ns_ = 0;  // CLOCK_MONOTONIC
};

}  // namespace subint_doctor::capture
