// A live process in, what was seen of it out.
#pragma once

#include "subint_doctor/capture/capture.h"

namespace subint_doctor::cli {

Result<Inspection> inspect(int pid, const capture::Options& how);

}  // namespace subint_doctor::cli
