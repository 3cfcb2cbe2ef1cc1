// C frames and Python frames of one thread, in their true order. Each call of the interpreter's loop keeps a frame of its
// own, the shim, among its local variables: where that lies on the C stack is the C frame that runs the Python frames
// between this shim and the next. Nothing is counted.
#pragma once

#include <span>

#include "subint_doctor/model/merged_stack.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::capture {

// `states` are those of the thread, innermost first, with frames of the same moment as the C stack.
MergedStack merge_stacks(NativeStack native, std::span<const ThreadState* const> states);

}  // namespace subint_doctor::capture
