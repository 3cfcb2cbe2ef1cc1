// What the program calls its threads: threading.Thread._name.
#pragma once

#include <span>
#include <vector>

#include "decode_thread_states.h"

namespace subint_doctor::cpython {

// Names the states whose outermost frame is Thread._bootstrap, from its `self`. Others keep no name.
// Mirrors: Lib/threading.py (3.13-3.15).
void name_threads(Objects& objects, std::span<StateRecord> records, const std::vector<Code>& codes);

// The name of threading._main_thread as an interpreter's sys.modules has it; empty where threading is not imported.
std::optional<std::string> main_thread_name(Objects& objects, Address interpreter);

}  // namespace subint_doctor::cpython
