#include <fmt/format.h>

#include "advice.h"
#include "gil_evidence.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "Only the thread that holds a GIL can run Python code of the interpreters that share it. A waiter asks for it "
    "after each switch interval, and Python code answers at its next check; C code does not look until it returns. "
    "How long the call will take cannot be told from outside: that it did not end between the looks was measured.";

// Between the looks; where the kernel keeps no such clock it counts as given.
bool had_a_cpu(const Case& seen, int tid) { return spent(seen, tid).run_ns > 0 || find_thread(seen, tid)->run_ns == 0; }

// The holder computed, and its Python frames stood still: it is inside one C call. With one look only an unanswered
// request to let go tells that; Python code answers within microseconds.
bool computes_in_native_code(const Case& seen, const GilStory& story) {
    if (!runs_in_some_look(seen, *story.holder)) return false;
    if (seen.looked_twice()) return !frames_moved(seen, *story.holder) && had_a_cpu(seen, *story.holder);
    return !story.waiters.empty() && story.gil->drop_requested;
}

// Python code that was asked lets go within the switch interval; nobody asked, or not long enough: it may just have
// gone through the same instruction twice.
Confidence confidence_of(const Case& seen, const GilStory& story) {
    const bool asked_long_enough = seen.elapsed_ns / 1'000 > story.gil->switch_interval_us;
    const bool certain = seen.looked_twice() && !story.waiters.empty() && asked_long_enough;
    return certain ? Confidence::certain : Confidence::likely;
}

std::string where_line(const Case& seen, const GilStory& story) {
    const std::string place = place_text(*seen.last().python, *story.holder_state);
    const std::string inside = place.empty() ? std::string("no Python frame could be read") : "inside " + place;
    const std::string interpreter = interpreter_label(seen, story.holder_state->interpreter);
    if (!seen.looked_twice()) return fmt::format("It runs, {}, {}", inside, interpreter);
    return fmt::format("It used {} on a CPU and its Python frames stood still: {}, {}", cpu_text(seen, *story.holder),
                       inside, interpreter);
}

Finding finding_of(const Case& seen, const GilStory& story) {
    const Starved starved = starved_by(seen, story);
    Finding finding;
    const bool hangs = !starved.waiters.empty() || starved.main_in_event_loop;
    finding.severity = hangs ? Severity::critical : Severity::warning;
    finding.confidence = confidence_of(seen, story);
    finding.sentence =
        capitalised(fmt::format("{} computes in C code and keeps GIL {}{}.", thread_in_sentence(seen, *story.holder),
                                story.gil->id, starving_text(seen, story, starved)));
    finding.evidence = {holding_line(seen, story), where_line(seen, story)};
    add_waiting_lines(seen, story, starved, finding);
    finding.explanation = explanation;
    finding.ruled_out = {"deadlock (the holder runs)"};
    if (seen.last().process.tracer_pid == 0) finding.ruled_out.emplace_back("stop or trace");
    finding.advice = {{"wait", "if the call is known to end", ""},
                      end_process(seen),
                      for_good("run the work in an isolated interpreter, which has its own GIL, or in a process")};
    name_actors(story, starved, finding);
    return finding;
}

// The holder runs or would run, and what it does cannot be told.
void add_gap(const Case& seen, const GilStory& story, Conclusions& out) {
    const std::string holder = thread_label(seen, *story.holder);
    if (!seen.looked_twice()) {
        out.missing.push_back(
            {"motion",
             fmt::format("one look cannot tell whether {}, which holds GIL {}, runs Python code or one "
                         "long C call",
                         holder, story.gil->id),
             false});
    } else if (!frames_moved(seen, *story.holder)) {
        out.missing.push_back(
            {"motion",
             fmt::format("{}, which holds GIL {}, got no CPU between the looks: what it does could not "
                         "be seen",
                         holder, story.gil->id),
             true});
    }
}

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped) return;
    for (const GilStory& story : seen.gils) {
        const bool matters = story.gil->is_main || !story.waiters.empty();
        if (story.locked_in_all && matters && !story.gil->holder_tid) {
            out.missing.push_back({fmt::format("gils[{}].holder_tid", story.gil->id),
                                   "this GIL is locked, and by which thread could not be told", true});
        }
        if (!story.holder || !matters) continue;
        if (computes_in_native_code(seen, story)) {
            out.findings.push_back(finding_of(seen, story));
        } else if (runs_in_some_look(seen, *story.holder)) {
            add_gap(seen, story, out);
        }
    }
}

}  // namespace

extern const Rule gil_held_in_native_code;
const Rule gil_held_in_native_code{"gil-held-in-native-code", "A thread keeps the GIL in C code", Band::gil, &check};

}  // namespace subint_doctor::diagnose
