// What each thread waits for, from its system call and its Python frames. Pure.
#pragma once

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::capture {

// Fills Thread::wait of every thread. Call after join_threads.
void classify_waits(Snapshot& look);

Wait wait_for(const Gil& gil);

// Null where the table has no such number.
const Descriptor* find_descriptor(const Snapshot& look, int fd);

Resource descriptor_resource(const Snapshot& look, int fd);

}  // namespace subint_doctor::capture
