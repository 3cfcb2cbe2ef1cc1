// Who holds a GIL, by one reading: the GIL's own words and the flags of the thread states that may hold it are read
// together, again if they contradict each other. Taking and letting go are a few stores apart (Python/ceval_gil.c,
// take_gil and drop_gil). It is met between them again and again where it changes hands all the time, or where the
// thread there has lost its CPU: then nobody holds it.
#pragma once

#include <span>

#include "struct_reader.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::cpython {

constexpr int readings_of_a_gil = 8;

// Sets what changes of `gil` and of the `states` of its interpreters: locked, last_holder, holder, switch_number,
// drop_requested; holds_gil, eval_breaker, status, gil_requested. Afterwards at most one state holds the GIL, and it is
// `holder`. Fails with `corrupt` where every reading contradicted itself; what is set then is the last one.
Status settle_gil(const StructReader& structs, std::span<ThreadState* const> states, Gil& gil);

}  // namespace subint_doctor::cpython
