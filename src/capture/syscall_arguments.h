// What the arguments of a system call point to in the memory of the thread that sleeps in it.
#pragma once

#include "subint_doctor/model/memory_reader.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::capture {

// Adds to `wait` what this call waits for: descriptors, a child (Resource::id is the patient's own number for it), a path.
// What cannot be read adds nothing.
void follow_arguments(const MemoryReader& memory, const Snapshot& look, const Syscall& call, Wait& wait);

}  // namespace subint_doctor::capture
