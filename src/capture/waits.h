// What each thread waits for, in one word and one line, from its system call. Pure.
#pragma once

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::capture {

// Fills Thread::wait of every thread. Call after join_threads.
void classify_waits(Snapshot& look);

Wait wait_for(const Gil& gil);

}  // namespace subint_doctor::capture
