// Which C functions of CPython only lead from one Python frame to the next, or to the first: what Python frames tell
// already. A name is all that is looked at.
#pragma once

#include <string_view>

namespace subint_doctor::cpython {

// The loop itself, what calls it (vectorcall, generators), and what starts a program or thread. What says something of
// its own (a finalizer, the garbage collector, an import, a C function that Python calls) is none.
bool is_glue(std::string_view function);

}  // namespace subint_doctor::cpython
