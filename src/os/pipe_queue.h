// How full a pipe of the patient is; see LiveTarget::pipe_queue().
#pragma once

#include "pinned_process.h"
#include "subint_doctor/model/process.h"

namespace subint_doctor::os {

Result<PipeQueue> read_pipe_queue(const PinnedProcess& patient, int fd);

}  // namespace subint_doctor::os
