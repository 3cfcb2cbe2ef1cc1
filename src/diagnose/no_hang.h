// What to say when no rule spoke: what the process is doing, and what was looked at.
#pragma once

#include <string>
#include <vector>

#include "case.h"

namespace subint_doctor::diagnose {

std::string no_hang_sentence(const Case& seen);

// Each line names what was measured.
std::vector<std::string> what_was_ruled_out(const Case& seen);

// "wakeup fd 7 (unix socket): 0 of 6 writes queued, read by fd 6, watched by epoll fd 5, armed"
std::string wakeup_text(const WakeupChain& wakeup);

}  // namespace subint_doctor::diagnose
