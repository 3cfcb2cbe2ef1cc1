// What each thread waits for, looked up: the arguments of its system call followed into its memory, and what the system
// knows of the descriptors and children that they name.
#pragma once

#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/clock.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

// Completes Thread::wait of every thread that classify_waits() found asleep in a system call. What cannot be read stays
// as it was: what a wait is for is nice to know, and no finding rests on it.
void look_up_waits(const os::Target& patient, const os::Clock& clock, Snapshot& look);

}  // namespace subint_doctor::capture
