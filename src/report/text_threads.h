// The last part of the text: every thread with its stacks, and the interpreters that run nowhere.
#pragma once

#include "page.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::report {

void write_threads(Page& page, const Inspection& inspection, const TextStyle& style);

}  // namespace subint_doctor::report
