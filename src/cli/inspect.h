// One inspection of a live process, within its time whatever the kernel does.
#pragma once

#include "subint_doctor/capture/capture.h"

namespace subint_doctor::cli {

// A read of the patient may block in the kernel for ever (memory that userfaultfd(2) never fills, a file system whose
// server died), so it is done by a thread of ours that is left behind when the time is over: then the looks that were
// finished are the inspection, with a gap, or the error is `timeout`. Meanwhile the calling thread takes signals.
Result<Inspection> inspect(int pid, const capture::Options& options);

// A thread was left behind: end with _exit(2), which does not wait for it.
bool left_a_thread_behind();

}  // namespace subint_doctor::cli
