// C stacks, merged with the Python frames. Registers and the stack's bytes are copied while a thread is held, one thread
// after the other; unwinding and names come when all run again.
#pragma once

#include <vector>

#include "subint_doctor/capture/capture.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::capture {

// Of these threads of the last look, as far as they can be held within --max-pause and --timeout; the rest is a gap. The
// Python frames of those that went on since the look are read again, in the same moment as the C stack.
void read_c_stacks(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                   const os::Clock& clock, const std::vector<int>& tids, Inspection& inspection);

}  // namespace subint_doctor::capture
