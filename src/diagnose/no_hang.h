// What to say when no rule spoke: what the process is doing, and what was looked at.
#pragma once

#include <string>
#include <vector>

#include "case.h"

namespace subint_doctor::diagnose {

std::string no_hang_sentence(const Case& seen);

// Each line names what was measured.
std::vector<std::string> what_was_ruled_out(const Case& seen);

}  // namespace subint_doctor::diagnose
