// Whether a thread stands in C code that nothing may be run on top of: what holds an allocator's or the loader's lock, or
// leaves its data half changed.
#pragma once

#include "subint_doctor/model/merged_stack.h"

namespace subint_doctor::capture {

// By the names of the C frames; the innermost that tells something counts. Without names it is `nothing`, which is no
// proof of the contrary.
Inside inside_of(const NativeStack& stack);

}  // namespace subint_doctor::capture
