#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "gil_evidence.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "Between the looks this thread did nothing but compute, below frames that stood still. That may be work; it is a hang when the loop's condition never comes true, for example a retry without a limit or a "
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

// How many frames, counted from the outermost, stand where they stood.
std::size_t standing_frames(const Case& seen, const ThreadState& before, const ThreadState& now) {
    std::size_t standing = 0;
    for (auto then = before.frames.rbegin(), at = now.frames.rbegin();
         then != before.frames.rend() && at != now.frames.rend(); ++then, ++at, ++standing) {
        if (!same_function(seen, *then, *at) || then->line != at->line) break;
    }
    return standing;
}

// It ran most of the time in which it did not wait for a CPU. Where CPUs are short the clocks tell late, but a thread
// that never gave up a CPU of its own accord was ready all the time.
bool kept_running(const Case& seen, int tid) {
    const Spent used = spent(seen, tid);
    const std::uint64_t had = seen.elapsed_ns - std::min(seen.elapsed_ns, used.queue_ns);
    const bool most_of_the_time = used.run_ns > 0 && used.run_ns * 10 >= had * 6;
    const bool never_waited = used.slices > 0 && used.voluntary_switches == 0 && runs_in_all_looks(seen, tid);
    return most_of_the_time || never_waited;
}

const GilStory* story_of_holder(const Case& seen, int tid) {
    const auto found =
        std::find_if(seen.gils.begin(), seen.gils.end(), [&](const GilStory& story) { return story.holder == tid; });
    return found == seen.gils.end() ? nullptr : &*found;
}

// C code that has let the GIL go computes too, but keeps nobody from anything; and a call on a GIL of an interpreter's
// own, for which nobody asks, is what such an interpreter is for.
bool is_python_work(const Case& seen, int tid, const ThreadState& before, const ThreadState& now) {
    if (frames_moved(seen, tid)) return true;
    const GilStory* story = story_of_holder(seen, tid);
    return story != nullptr && story->gil->is_main && before.holds_gil && now.holds_gil;
}

bool loops(const Case& seen, const Thread& thread) {
    const ThreadState* before = first_state(seen, thread.tid);
    const ThreadState* now = innermost_state(seen, thread.tid);
    if (before == nullptr || now == nullptr || before->address != now->address || now->frames.empty()) return false;
    if (!kept_running(seen, thread.tid) || !is_python_work(seen, thread.tid, *before, *now)) return false;
    const GilStory* story = story_of_holder(seen, thread.tid);
    if (story != nullptr && (computes_in_native_code(seen, *story) || could_not_answer(seen, *story))) return false;
    const bool whole = before->frames_complete && now->frames_complete;
    return !whole || standing_frames(seen, *before, *now) > 0;
}

// Where it goes round: its function, where that is the same in both looks; else the innermost frame that stands.
const Frame& place_of(const Case& seen, const ThreadState& before, const ThreadState& now) {
    const std::size_t standing = standing_frames(seen, before, now);
    if (same_loop(seen, before, now) || standing == 0) return now.frames.front();
    return now.frames[now.frames.size() - standing];
}

std::string doing_text(const Case& seen, int tid, const ThreadState& before, const ThreadState& now) {
    const std::string place = frame_text(*seen.last().python, place_of(seen, before, now));
    if (!frames_moved(seen, tid))
        return fmt::format("computes on and on, in one long call or many short ones, in {}", place);
    return fmt::format("runs Python code on and on, {} {}", same_loop(seen, before, now) ? "in" : "below", place);
}

std::string standing_line(const Case& seen, int tid, const ThreadState& before, const ThreadState& now) {
    const std::string looks = in_all_looks_text(seen);
    if (!frames_moved(seen, tid))
        return fmt::format("Its Python frames were the same in {}, and nobody was seen asking for the GIL throughout",
                           looks);
    if (same_loop(seen, before, now))
        return fmt::format("The function and its callers were the same in {}, and what ran there was bytecode", looks);
    return fmt::format("{} of its {} frames, from the outermost, stood still in {}", standing_frames(seen, before, now),
                       now.frames.size(), looks);
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
    const ThreadState& before = *first_state(seen, tid);
    finding.sentence =
        capitalised(fmt::format("{} {}.", thread_in_sentence(seen, tid), doing_text(seen, tid, before, state)));
    finding.evidence = {where_line(seen, tid, state), standing_line(seen, tid, before, state)};
    finding.explanation = explanation;
    if (frames_moved(seen, tid)) finding.ruled_out = {"one long call into C code"};
    if (frames_moved(seen, tid) && handles_signals(seen, tid, state))
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
