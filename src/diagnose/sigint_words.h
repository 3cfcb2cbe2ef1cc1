// What is known of SIGINT. Python's belief is not the kernel's: C code may have replaced the handler, and whose function
// the kernel calls cannot be read from outside.
#pragma once

#include <string>
#include <string_view>

#include "case.h"

namespace subint_doctor::diagnose {

// "The kernel delivers SIGINT to a handler; Python believes it is default_int_handler, which raises KeyboardInterrupt"
std::string sigint_line(const Snapshot& look);

// Python's own, asyncio's or trio's: what they do is known, and they release no lock.
bool is_known_sigint_handler(std::string_view name);

// A SIGINT that came now would be noted at most; says why: "it would be noted, and its handler would not run: ...".
// Empty: nothing that was seen stands in its way.
std::string sigint_obstacle(const Case& seen);

}  // namespace subint_doctor::diagnose
