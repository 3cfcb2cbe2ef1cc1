// C stacks, merged with the Python frames. A thread that sleeps is not disturbed: its stack stands still, and most often it
// can be followed from the two pointers that /proc/TID/syscall shows. Only where that does not suffice, and where a thread
// runs, it is held for the copy of its registers and stack. Unwinding and names come when all run again.
#pragma once

#include <vector>

#include "subint_doctor/capture/capture.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::capture {

// Of these threads of the last look, as far as they may and can be held within --max-pause and --timeout; the rest is a
// gap. The Python frames of those that are held are read again, in the same moment as the C stack.
void read_c_stacks(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                   const os::Clock& clock, const CStackWish& wish, Inspection& inspection);

}  // namespace subint_doctor::capture
