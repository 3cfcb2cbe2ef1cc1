// `subint-doctor check [PID]`: may this user inspect (that process on) this machine, and if not, how to mend it.
#pragma once

#include <string>

#include "exit_code.h"

namespace subint_doctor::cli {

ExitCode check(const std::string& pid_text);  // empty: the machine only

}  // namespace subint_doctor::cli
