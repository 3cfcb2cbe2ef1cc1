// What moved. Pure.
#pragma once

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::capture {

// Fills inspection.moved_tids from its looks: threads that used CPU time or show other frames than before. A thread
// that only wakes to find the GIL taken again does not move.
void find_motion(Inspection& inspection);

}  // namespace subint_doctor::capture
