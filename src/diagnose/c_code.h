// What the C code that a thread is in is called, where its C stack was copied and has names.
#pragma once

#include <string>

#include "subint_doctor/model/process.h"

namespace subint_doctor::diagnose {

// "PQgetResult of libpq.so.5": of the C frames that the innermost Python frame called, the function through which the
// library was entered whose code runs or waits; the system's own where there is no other. Empty: not known.
std::string c_function_text(const Thread& thread);

}  // namespace subint_doctor::diagnose
