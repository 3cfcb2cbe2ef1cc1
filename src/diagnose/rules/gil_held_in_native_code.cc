#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "c_code.h"
#include "gil_evidence.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "Only the thread that holds a GIL can run Python code of the interpreters that share it. A waiter asks for it "
    "after each switch interval, and Python code answers at its next check; C code does not look until it returns. "
    "How long the call will take cannot be told from outside.";

// A line of code that only calls into C answers between two such calls no sooner than a loop's end.
Confidence confidence_of(const Case& seen, const GilStory& story) {
    const bool certain = leaves_request_unanswered(seen, story) && !frames_moved(seen, *story.holder);
    return certain ? Confidence::certain : Confidence::likely;
}

std::string where_line(const Case& seen, const GilStory& story) {
    const std::string place = place_text(*seen.last().python, *story.holder_state);
    const std::string inside = place.empty() ? std::string("no Python frame could be read") : "inside " + place;
    const std::string interpreter = interpreter_label(seen, story.holder_state->interpreter);
    if (!seen.looked_twice()) return fmt::format("It runs, {}, {}", inside, interpreter);
    const char* const still = frames_moved(seen, *story.holder) ? "" : " and its Python frames stood still";
    return fmt::format("It used {} on a CPU{}: {}, {}", cpu_text(seen, *story.holder), still, inside, interpreter);
}

std::string asked_line(const Case& seen, const GilStory& story) {
    const char* const what = story.gil->drop_requested ? "asked to let go of the GIL" : "owing a signal handler";
    return fmt::format("It was {} in {} and used more CPU time meanwhile than a switch interval ({:.1f} ms)", what,
                       in_all_looks_text(seen), static_cast<double>(story.gil->switch_interval_us) / 1000);
}

std::string function_text(const Case& seen, const GilStory& story) {
    const std::string function = c_function_text(*find_thread(seen, *story.holder));
    return function.empty() ? "" : fmt::format(" ({})", function);
}

Finding finding_of(const Case& seen, const GilStory& story) {
    const Starved starved = starved_by(seen, story);
    Finding finding;
    const bool hangs = !starved.waiters.empty() || starved.main_in_event_loop;
    finding.severity = hangs ? Severity::critical : Severity::warning;
    finding.confidence = confidence_of(seen, story);
    finding.sentence =
        capitalised(fmt::format("{} computes in C code{} and keeps GIL {}{}.", thread_in_sentence(seen, *story.holder),
                                function_text(seen, story), story.gil->id, starving_text(seen, story, starved)));
    finding.evidence = {holding_line(seen, story), where_line(seen, story)};
    if (leaves_request_unanswered(seen, story)) finding.evidence.push_back(asked_line(seen, story));
    add_waiting_lines(seen, story, starved, finding);
    finding.explanation = explanation;
    finding.ruled_out = {"deadlock (the holder runs)"};
    if (seen.last().process.tracer_pid == 0) finding.ruled_out.emplace_back("stop or trace");
    finding.advice = {{"wait", "if the call is known to end", ""},
                      end_process(seen),
                      for_good("run the work in an isolated interpreter, which has its own GIL, or in a process")};
    name_actors(story, starved, finding);
    finding.in_c_code = {*story.holder};
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
    } else if (could_not_answer(seen, story)) {
        out.missing.push_back(
            {"motion",
             fmt::format("{}, which holds GIL {}, had too little CPU time between the looks to answer "
                         "who asks for it",
                         holder, story.gil->id),
             true});
    }
}

// In one look a thread may be met between taking the GIL and saying so.
bool holder_is_unknown(const Case& seen, const Gil& gil) {
    return std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        if (!look.snapshot->python) return true;
        const std::vector<Gil>& gils = look.snapshot->python->gils;
        return std::none_of(gils.begin(), gils.end(),
                            [&](const Gil& then) { return then.address == gil.address && then.holder_tid; });
    });
}

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped) return;
    for (const GilStory& story : seen.gils) {
        const bool matters = story.gil->is_main || !story.waiters.empty();
        if (story.locked_in_all && matters && holder_is_unknown(seen, *story.gil)) {
            out.missing.push_back({fmt::format("gils[{}].holder_tid", story.gil->id),
                                   "this GIL is locked, and by which thread could not be told", seen.looked_twice()});
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
