#include <fmt/format.h>

#include "advice.h"
#include "c_code.h"
#include "gil_evidence.h"
#include "motion.h"
#include "rule.h"
#include "subint_doctor/model/wait_text.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "C code that may wait has to release the GIL first; this call did not, so everybody else waits for whatever it "
    "waits for. If that needs another Python thread of this process, it is a deadlock.";

// A holder that sleeps with frames that stand still. One look may have met a short nap, such as for a page.
bool sleeps_with_gil(const Case& seen, const GilStory& story) {
    return sleeps_in_all_looks(seen, *story.holder) && !frames_moved(seen, *story.holder);
}

Confidence confidence_of(const Case& seen, const GilStory& story) {
    if (seen.looked_twice()) return spent(seen, *story.holder).slices == 0 ? Confidence::certain : Confidence::likely;
    const bool asked = !story.waiters.empty() && story.gil->drop_requested;
    return asked ? Confidence::likely : Confidence::possible;
}

std::string sleeping_line(const Case& seen, const GilStory& story) {
    const Thread& holder = *find_thread(seen, *story.holder);
    std::string line = fmt::format("It sleeps in {}", sleep_text(holder));
    const std::string limit = describe_time_limit(holder.wait.limit);
    if (!limit.empty()) line += ", with " + limit;
    if (!seen.looked_twice()) return line;
    const std::uint64_t slices = spent(seen, *story.holder).slices;
    if (slices == 0) return line + fmt::format(", and did not run for {} ms", seen.elapsed_ns / 1'000'000);
    return line + fmt::format(", and ran {} time{} between the looks", slices, slices > 1 ? "s" : "");
}

Finding finding_of(const Case& seen, const GilStory& story) {
    const Starved starved = starved_by(seen, story);
    const Thread& holder = *find_thread(seen, *story.holder);
    Finding finding;
    const bool hangs = !starved.waiters.empty() || starved.main_in_event_loop;
    finding.severity = hangs ? Severity::critical : Severity::warning;
    finding.confidence = confidence_of(seen, story);
    finding.sentence =
        capitalised(fmt::format("{} waits in {} and keeps GIL {} meanwhile{}.", thread_in_sentence(seen, holder.tid),
                                sleep_text(holder), story.gil->id, starving_text(seen, story, starved)));
    finding.evidence = {holding_line(seen, story), sleeping_line(seen, story)};
    const std::string place = place_text(*seen.last().python, *story.holder_state);
    if (!place.empty())
        finding.evidence.push_back(
            fmt::format("It is inside {}, {}", place, interpreter_label(seen, story.holder_state->interpreter)));
    if (const std::string function = c_function_text(holder); !function.empty())
        finding.evidence.push_back(fmt::format("The C code that waits is {}", function));
    add_waiting_lines(seen, story, starved, finding);
    finding.explanation = explanation;
    finding.ruled_out = {"a long computation (the holder sleeps)"};
    finding.advice = {{"wait", "if what it waits for is known to come", ""},
                      end_process(seen),
                      for_good("release the GIL around the call (Py_BEGIN_ALLOW_THREADS; CDLL in place of PyDLL)")};
    name_actors(story, starved, finding);
    finding.in_c_code = {holder.tid};
    return finding;
}

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped) return;
    for (const GilStory& story : seen.gils) {
        const bool matters = story.gil->is_main || !story.waiters.empty();
        if (!story.holder || !matters || !sleeps_with_gil(seen, story)) continue;
        out.findings.push_back(finding_of(seen, story));
    }
}

}  // namespace

extern const Rule gil_holder_blocked;
const Rule gil_holder_blocked{"gil-holder-blocked", "The holder of the GIL waits in the kernel", Band::gil, &check};

}  // namespace subint_doctor::diagnose
