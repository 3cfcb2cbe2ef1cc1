// Joins the two views of one process: OS threads and CPython's thread states. Pure.
#pragma once

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::capture {

// Fills every tid in look.python (thread states, GIL holders and waiters, running mains, the main thread) and every
// thread's python_name. A GIL waiter is a thread whose futex lies in the GIL's condition variable
// (Python/ceval_gil.c, take_gil).
void join_threads(Snapshot& look);

}  // namespace subint_doctor::capture
