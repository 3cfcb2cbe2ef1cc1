// How full a pipe of the patient is; see Target::pipe_queue().
#pragma once

#include "patient.h"
#include "subint_doctor/model/process.h"

namespace subint_doctor::target {

Result<PipeQueue> read_pipe_queue(const Patient& patient, int fd);

}  // namespace subint_doctor::target
