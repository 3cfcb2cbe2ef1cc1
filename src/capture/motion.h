// What moved. Pure.
#pragma once

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::capture {

// Fills inspection.moved_tids from its looks: threads that used CPU time or show other frames than before. A thread
// that only wakes to find the GIL taken again does not move, nor does one that polls: asleep in both looks, with the same
// stack and next to no CPU time in between.
void find_motion(Inspection& inspection);

}  // namespace subint_doctor::capture
