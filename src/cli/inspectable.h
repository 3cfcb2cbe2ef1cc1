// Whom this user may inspect on this machine, whoever it is. Pure; agrees with os::explain_refusal on each process.
#pragma once

#include <string>

#include "subint_doctor/os/permissions.h"

namespace subint_doctor::cli {

struct Inspectable {
    bool anything = false;  // some process could be inspected
    std::string sentence;  // with the remedy
};

Inspectable what_is_inspectable(const os::MachinePermissions& machine);

}  // namespace subint_doctor::cli
