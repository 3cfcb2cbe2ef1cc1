#include "case.h"

#include <algorithm>

#include "gil_story.h"
#include "subint_doctor/model/nested_states.h"

namespace subint_doctor::diagnose {
namespace {

Look index_of(const Snapshot& snapshot) {
    Look look{&snapshot, {}, {}};
    for (const Thread& thread : snapshot.threads) look.threads[thread.tid] = &thread;
    if (snapshot.python) look.states = states_by_tid(*snapshot.python);
    return look;
}

bool is_alive(const Thread& thread) { return thread.state != 'Z' && thread.state != 'X'; }

bool is_stopped(const Snapshot& look) {
    if (look.process.frozen) return true;
    bool any = false;
    for (const Thread& thread : look.threads) {
        if (!is_alive(thread)) continue;
        if (thread.state != 'T' && thread.state != 't') return false;
        any = true;
    }
    return any;
}

}  // namespace

Case open_case(const Inspection& inspection) {
    Case seen{inspection, {}, {}, {}, 0, is_stopped(inspection.last())};
    for (const Snapshot& look : inspection.looks) seen.looks.push_back(index_of(look));
    seen.elapsed_ns = inspection.last().started_ns - inspection.looks.front().started_ns;
    const std::optional<Python>& python = inspection.last().python;
    if (!python) return seen;
    seen.gils = gil_stories(seen.looks);
    if (const Thread* main = python->main_tid ? find_thread(seen, *python->main_tid) : nullptr) {
        if (is_alive(*main)) seen.main_tid = main->tid;
    }
    return seen;
}

const Thread* find_thread(const Case& seen, int tid) {
    const auto& threads = seen.looks.back().threads;
    const auto found = threads.find(tid);
    return found == threads.end() ? nullptr : found->second;
}

const ThreadState* innermost_state(const Case& seen, int tid) {
    const auto& states = seen.looks.back().states;
    const auto found = states.find(tid);
    return found == states.end() ? nullptr : found->second.front();
}

const Interpreter* find_interpreter(const Case& seen, std::int64_t id) {
    if (!seen.last().python) return nullptr;
    const auto& all = seen.last().python->interpreters;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Interpreter& i) { return i.id == id; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace subint_doctor::diagnose
