#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "Between the looks this thread did nothing but run Python code of one function, called from the same lines. That "
    "may be work; it is a hang when the loop's condition never comes true, for example a retry without a limit or a "
    "wait without a sleep.";

const ThreadState* first_state(const Case& seen, int tid) {
    const auto& states = seen.looks.front().states;
    const auto found = states.find(tid);
    return found == states.end() ? nullptr : found->second.front();
}

const Code* code_in(const Look& look, const Frame& frame) {
    const std::vector<Code>& codes = look.snapshot->python->codes;
    return frame.code < codes.size() ? &codes[frame.code] : nullptr;
}

bool same_function(const Case& seen, const Frame& before, const Frame& now) {
    const Code* a = code_in(seen.looks.front(), before);
    const Code* b = code_in(seen.looks.back(), now);
    return a != nullptr && b != nullptr && a->address == b->address && a->name == b->name;
}

// The same calls led to the same function; only the line inside it may differ.
bool same_loop(const Case& seen, const ThreadState& before, const ThreadState& now) {
    if (before.frames.empty() || before.frames.size() != now.frames.size()) return false;
    for (std::size_t i = 0; i < now.frames.size(); ++i) {
        if (!same_function(seen, before.frames[i], now.frames[i])) return false;
        if (i > 0 && before.frames[i].line != now.frames[i].line) return false;
    }
    return true;
}

// On a CPU, or ready for one, most of the time. Where CPUs are short the clocks tell late, but a thread that never gave
// up a CPU of its own accord was ready all the time.
bool kept_running(const Case& seen, int tid) {
    const Spent used = spent(seen, tid);
    const bool most_of_the_time = (used.run_ns + used.queue_ns) * 10 >= seen.elapsed_ns * 6;
    return runs_in_all_looks(seen, tid) && (most_of_the_time || (used.slices > 0 && used.voluntary_switches == 0));
}

bool loops(const Case& seen, const Thread& thread) {
    const ThreadState* before = first_state(seen, thread.tid);
    const ThreadState* now = innermost_state(seen, thread.tid);
    if (before == nullptr || now == nullptr || before->address != now->address) return false;
    return now->holds_gil && kept_running(seen, thread.tid) && frames_moved(seen, thread.tid) &&
           same_loop(seen, *before, *now);
}

std::string where_line(const Case& seen, int tid, const ThreadState& state) {
    return fmt::format("{} used {} on a CPU in {}, {}", thread_label(seen, tid), cpu_text(seen, tid),
                       place_text(*seen.last().python, state), interpreter_label(seen, state.interpreter));
}

bool handles_signals(const Case& seen, int tid, const ThreadState& state) {
    const Interpreter* interpreter = find_interpreter(seen, state.interpreter);
    return tid == seen.main_tid && interpreter != nullptr && interpreter->kind == InterpreterKind::main;
}

Finding finding_of(const Case& seen, int tid, const ThreadState& state) {
    Finding finding;
    finding.severity = Severity::warning;
    finding.confidence = Confidence::likely;
    finding.sentence = capitalised(fmt::format("{} runs Python code on and on, in {}.", thread_in_sentence(seen, tid),
                                               frame_text(*seen.last().python, state.frames.front())));
    finding.evidence = {where_line(seen, tid, state), "The function and its callers were the same in " +
                                                          in_all_looks_text(seen) +
                                                          ", and what ran there was bytecode"};
    finding.explanation = explanation;
    finding.ruled_out = {"one long call into C code"};
    if (handles_signals(seen, tid, state))
        finding.ruled_out.emplace_back("a dead Ctrl-C (this thread handles signals)");
    finding.advice = {{"wait", "if it is work that is known to end", ""}, end_process(seen)};
    finding.tids = {tid};
    finding.interpreters = {state.interpreter};
    return finding;
}

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped || !seen.looked_twice() || !seen.last().python) return;
    for (const Thread& thread : seen.last().threads) {
        if (loops(seen, thread))
            out.findings.push_back(finding_of(seen, thread.tid, *innermost_state(seen, thread.tid)));
    }
}

}  // namespace

extern const Rule busy_loop;
const Rule busy_loop{"busy-loop", "Python code runs on and on", Band::loops, &check};

}  // namespace subint_doctor::diagnose
