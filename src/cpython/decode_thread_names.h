// What the program calls its threads: threading.Thread._name.
#pragma once

#include <span>
#include <vector>

#include "objects.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::cpython {

struct NamelessThread {
    ThreadState* state = nullptr;  // it has frames
    Address first_local;  // of its outermost frame
};

// Names the states whose outermost frame is Thread._bootstrap, from its `self`. Others keep no name.
// Mirrors: Lib/threading.py (3.13-3.15).
void name_threads(Objects& objects, std::span<const NamelessThread> threads, const std::vector<Code>& codes);

// The name of threading._main_thread as an interpreter's sys.modules has it, and "MainThread" where threading is not
// imported; empty where that could not be read.
std::optional<std::string> main_thread_name(Objects& objects, Address interpreter);

}  // namespace subint_doctor::cpython
