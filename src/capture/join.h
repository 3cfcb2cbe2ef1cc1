// Joins the two views of one process: OS threads and CPython's thread states. Pure.
#pragma once

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::capture {

// Fills every tid in look.python (thread states, GIL holders and waiters, running mains, the main thread) and every
// thread's python_name. A GIL waiter is a thread whose futex lies in the GIL's condition variable
// (Python/ceval_gil.c, take_gil).
void join_threads(Snapshot& look);

// What one look tells about another, once all are taken. Waiters that have ended by the last look are dropped from the
// earlier ones. A waiter that was met awake (it wakes every switch interval) waits in that look too: it waits in the
// look beside, with the same frames, and used next to no CPU time in between.
void join_looks(Inspection& inspection);

}  // namespace subint_doctor::capture
