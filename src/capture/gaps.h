// Which key of the report it is that the system did not tell.
#pragma once

#include <span>
#include <vector>

#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

void add_gaps(std::span<const os::Unread> unread, bool wakeup_fd_set, std::vector<Gap>& gaps);

// Stacks that could not be read to their end although their thread stood still. Once, after everything was read.
void add_unread_stacks(Snapshot& look);

}  // namespace subint_doctor::capture
