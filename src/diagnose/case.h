// One inspection, indexed once for all rules: who is who in each look, and what became of each GIL between them.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "subint_doctor/model/nested_states.h"
#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::diagnose {

struct Look {
    const Snapshot* snapshot = nullptr;
    std::unordered_map<int, const Thread*> threads;  // by tid
    StatesByTid states;
};

// A GIL over all looks.
struct GilStory {
    const Gil* gil = nullptr;  // as in the last look
    // The thread that held it in every look, through the same thread state and with the same switch number: nobody else
    // had it in between. (It may have released it and taken it again itself.)
    std::optional<int> holder;
    const ThreadState* holder_state = nullptr;  // in the last look; null when `holder` is empty
    bool locked_in_all = false;
    std::uint64_t switches = 0;  // times that it changed hands between the first and the last look
    std::vector<int> waiters;  // tids that wanted it in any look, rising; without `holder`
    std::size_t fewest_waiters = 0;  // of any single look
};

struct Case {
    const Inspection& inspection;
    std::vector<Look> looks;  // as inspection.looks
    std::vector<GilStory> gils;  // as in the last look
    std::optional<int> main_tid;  // the thread that runs signal handlers, if it lives
    std::uint64_t elapsed_ns = 0;  // from the first look to the last; 0 with one look
    bool stopped = false;  // every living thread is stopped, or the process is frozen: nothing can move

    const Snapshot& last() const { return inspection.last(); }
    bool looked_twice() const { return looks.size() > 1; }
};

// `inspection` must outlive the case and hold at least one look.
Case open_case(const Inspection& inspection);

// In the last look; null where there is none.
const Thread* find_thread(const Case& seen, int tid);
const ThreadState* innermost_state(const Case& seen, int tid);
const Interpreter* find_interpreter(const Case& seen, std::int64_t id);

}  // namespace subint_doctor::diagnose
