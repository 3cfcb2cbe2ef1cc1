#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "advice.h"
#include "event_loops.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "If whoever started it no longer waits for it, nothing ends it: closing an interpreter that runs is refused, "
    "and a thread cannot be ended from Python. It shares the GIL with the main interpreter, so whatever it does "
    "there delays or stops everybody. The main interpreter's own listings (threading.enumerate, faulthandler) do not "
    "show what it runs.";

struct Place {
    std::string_view function;
    std::string_view file_end;
};

constexpr std::array waits_for_a_thread = {
    Place{"join", "/threading.py"},
    Place{"wait", "/threading.py"},
    Place{"_shutdown", "/threading.py"},
    Place{"result", "/concurrent/futures/_base.py"},
    Place{"wait", "/concurrent/futures/_base.py"},
    Place{"exception", "/concurrent/futures/_base.py"},
};

// A pool's worker: whether a task awaits its result cannot be seen in any thread's frames.
constexpr std::array pool_files = {"/concurrent/futures/thread.py", "/trio/_core/_thread_cache.py", "/trio/_threads.py",
                                   "/anyio/_backends/_asyncio.py"};

bool is_waiting_place(const Code& code) {
    return std::any_of(waits_for_a_thread.begin(), waits_for_a_thread.end(), [&](const Place& place) {
        return code.name == place.function && code.file.ends_with(place.file_end);
    });
}

bool is_pool_code(const Code& code) {
    return std::any_of(pool_files.begin(), pool_files.end(),
                       [&](const char* file) { return code.file.ends_with(file); });
}

// By index into Python::codes.
std::vector<bool> marked(const Python& python, bool (*is_such)(const Code&)) {
    std::vector<bool> such;
    for (const Code& code : python.codes) such.push_back(is_such(code));
    return such;
}

bool has_frame_in(const ThreadState& state, const std::vector<bool>& codes) {
    return std::any_of(state.frames.begin(), state.frames.end(),
                       [&](const Frame& frame) { return frame.code < codes.size() && codes[frame.code]; });
}

std::set<int> waiting_threads(const Case& seen) {
    const std::vector<bool> waiting = marked(*seen.last().python, is_waiting_place);
    std::set<int> tids;
    for (const auto& [tid, states] : seen.looks.back().states) {
        if (std::any_of(states.begin(), states.end(), [&](const auto* s) { return has_frame_in(*s, waiting); }))
            tids.insert(tid);
    }
    return tids;
}

// What counts is who started it on this thread, not what it does itself: it may import such code.
bool runs_on_pool_worker(const Case& seen, const Interpreter& interpreter, const std::vector<bool>& pool_codes) {
    const auto found = seen.looks.back().states.find(*interpreter.running_main_tid);
    return found != seen.looks.back().states.end() &&
           std::any_of(found->second.begin(), found->second.end(), [&](const auto* state) {
               return state->interpreter != interpreter.id && has_frame_in(*state, pool_codes);
           });
}

// For which thread somebody waits is not visible in frames, so it counts for all but himself.
bool anybody_waits(const std::set<int>& waiting, int but_for) {
    return waiting.size() > (waiting.contains(but_for) ? 1U : 0U);
}

bool ran_in_all_looks(const Case& seen, const Interpreter& interpreter) {
    return std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        if (!look.snapshot->python) return false;
        const auto& all = look.snapshot->python->interpreters;
        return std::any_of(all.begin(), all.end(), [&](const Interpreter& then) {
            return then.id == interpreter.id && then.running_main == interpreter.running_main;
        });
    });
}

// One that has its own GIL can run on unseen without harm to the others.
bool shares_main_gil(const Case& seen, const Interpreter& interpreter) {
    return interpreter.kind != InterpreterKind::main &&
           std::any_of(seen.gils.begin(), seen.gils.end(),
                       [&](const GilStory& story) { return story.gil->is_main && story.gil->id == interpreter.gil; });
}

std::string running_line(const Case& seen, const Python& python, const Interpreter& interpreter, int tid) {
    std::string line =
        fmt::format("{} runs on {}", capitalised(interpreter_label(seen, interpreter.id)), thread_label(seen, tid));
    for (const ThreadState& state : interpreter.thread_states) {
        if (state.address == interpreter.running_main && !state.frames.empty())
            line += ", in " + place_text(python, state);
    }
    return line;
}

// Tasks are not read, and they wait without a frame on any thread. Empty: nothing that was seen could be waiting.
std::string possible_waiter(const Case& seen, const std::vector<const Interpreter*>& abandoned) {
    const auto is_its_own = [&](int tid) { return abandoned.size() == 1 && abandoned[0]->running_main_tid == tid; };
    for (const RunningLoop& loop : running_loops(seen)) {
        if (!is_its_own(loop.tid))
            return fmt::format("a task of the {} loop on {} may wait for it", loop.name, thread_label(seen, loop.tid));
    }
    for (const Thread& thread : seen.last().threads) {
        const bool waits = thread.wait.kind == WaitKind::lock || thread.wait.kind == WaitKind::sleep ||
                           thread.wait.kind == WaitKind::event_loop;
        const bool is_python = innermost_state(seen, thread.tid) != nullptr;
        const bool abandons = std::none_of(abandoned.begin(), abandoned.end(),
                                           [&](const auto* one) { return one->running_main_tid == thread.tid; });
        if (waits && is_python && abandons)
            return fmt::format("{} sleeps in {} and may wait for it", thread_label(seen, thread.tid),
                               sleep_text(thread));
    }
    return {};
}

Finding finding_of(const Case& seen, const std::vector<const Interpreter*>& abandoned) {
    constexpr std::size_t shown = 5;
    const Python& python = *seen.last().python;
    Finding finding;
    const std::string waiter = possible_waiter(seen, abandoned);
    finding.severity = waiter.empty() ? Severity::warning : Severity::note;
    finding.confidence = waiter.empty() ? Confidence::likely : Confidence::possible;
    for (const Interpreter* interpreter : abandoned) {
        finding.interpreters.push_back(interpreter->id);
        finding.tids.push_back(*interpreter->running_main_tid);
        if (finding.evidence.size() < shown)
            finding.evidence.push_back(running_line(seen, python, *interpreter, *interpreter->running_main_tid));
    }
    if (abandoned.size() > shown)
        finding.evidence.push_back(fmt::format("{} more run likewise", abandoned.size() - shown));
    finding.evidence.emplace_back("No other thread is in a join or waits for a result");
    if (!waiter.empty()) finding.evidence.push_back("Tasks are not read: " + waiter);
    const std::string_view ending = waiter.empty() ? "nobody waits for" : "no thread waits for; a task still may";
    finding.sentence = abandoned.size() == 1
                           ? fmt::format("Interpreter {} runs on thread {}, which {}.", abandoned.front()->id,
                                         thread_name(seen, finding.tids.front()), ending)
                           : fmt::format("{} run on threads that {}.",
                                         capitalised(counted("interpreter", finding.interpreters)), ending);
    finding.explanation = explanation;
    finding.advice = {{"wait", "if what it runs is known to end", ""},
                      end_process(seen),
                      for_good("give its code a way to be told to end, and join its thread without a time limit")};
    return finding;
}

void check(const Case& seen, Conclusions& out) {
    if (!seen.last().python) return;
    const Python& python = *seen.last().python;
    const std::set<int> waiting = waiting_threads(seen);
    const std::vector<bool> pool_codes = marked(python, is_pool_code);
    std::vector<const Interpreter*> abandoned;
    for (const Interpreter& interpreter : python.interpreters) {
        const std::optional<int> tid = interpreter.running_main_tid;
        if (!tid || tid == seen.main_tid || !shares_main_gil(seen, interpreter)) continue;
        if (!ran_in_all_looks(seen, interpreter) || runs_on_pool_worker(seen, interpreter, pool_codes)) continue;
        if (!anybody_waits(waiting, *tid)) abandoned.push_back(&interpreter);
    }
    if (abandoned.empty()) return;
    out.findings.push_back(finding_of(seen, abandoned));
}

}  // namespace

extern const Rule abandoned_subinterpreter;
const Rule abandoned_subinterpreter{"abandoned-subinterpreter", "A sub-interpreter runs that no thread waits for",
                                    Band::leftovers, &check};

}  // namespace subint_doctor::diagnose
