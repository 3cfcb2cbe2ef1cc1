// What several findings say of the signal wakeup fd.
#pragma once

#include <string>

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::diagnose {

// "wakeup fd 7 (unix socket): 0 of 6 writes queued, read by fd 6, watched by epoll fd 5, armed"
std::string wakeup_text(const WakeupChain& wakeup);

}  // namespace subint_doctor::diagnose
