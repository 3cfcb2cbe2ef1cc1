#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::uint64_t late_us = 20'000;  // a wait that people notice in an event loop

constexpr std::string_view explanation =
    "Each thread may keep the GIL for a switch interval while others ask for it, so one that needs it waits for "
    "about as many intervals as there are others. Nothing is stuck: everything is late. It may be work that is meant "
    "to run.";

// Whoever was seen waiting for it, and who holds it now; rising.
std::vector<int> competitors(const GilStory& story) {
    std::vector<int> tids = story.waiters;
    const std::optional<int> holder = story.gil->holder_tid;
    if (holder && !std::binary_search(tids.begin(), tids.end(), *holder))
        tids.insert(std::lower_bound(tids.begin(), tids.end(), *holder), *holder);
    return tids;
}

// How long a thread keeps the GIL at a time: the switch interval, or less where it changes hands more often.
std::uint64_t turn_us(const Case& seen, const GilStory& story) {
    const std::uint64_t interval = story.gil->switch_interval_us;
    if (story.switches == 0) return interval;
    return std::min(interval, seen.elapsed_ns / 1'000 / story.switches);
}

std::uint64_t expected_wait_us(const Case& seen, const GilStory& story) {
    return (competitors(story).size() - 1) * turn_us(seen, story);
}

// With two looks somebody must have moved, or it is a thread that never lets go. One look cannot know, but a request to
// let go that stands unanswered speaks for the latter.
bool turns_are_taken(const Case& seen, const GilStory& story) {
    if (!seen.looked_twice()) return !story.gil->drop_requested;
    if (story.switches > 0) return true;
    return story.holder && frames_moved(seen, *story.holder);
}

// A GIL that was just let go and not yet taken is no less contended, so whether it is locked does not matter.
bool is_contended(const Case& seen, const GilStory& story) {
    return story.fewest_waiters > 0 && expected_wait_us(seen, story) >= late_us && turns_are_taken(seen, story);
}

bool waits_for(const GilStory& story, int tid) {
    return std::binary_search(story.waiters.begin(), story.waiters.end(), tid);
}

void add_evidence(const Case& seen, const GilStory& story, Finding& finding) {
    const Gil& gil = *story.gil;
    const std::string by = gil.holder_tid ? thread_label(seen, *gil.holder_tid) : std::string("nobody");
    finding.evidence.push_back(fmt::format("{} threads were seen waiting for GIL {}, held by {} in the last look",
                                           story.waiters.size(), gil.id, by));
    if (gil.interpreters.size() > 1)
        finding.evidence.push_back(fmt::format("{} share it", counted("Interpreter", gil.interpreters)));
    if (seen.looked_twice())
        finding.evidence.push_back(
            fmt::format("It changed hands {} times in {} ms", story.switches, seen.elapsed_ns / 1'000'000));
    finding.evidence.push_back(
        fmt::format("A thread that asks for it waits about {} x {:.1f} ms = {} ms", competitors(story).size() - 1,
                    static_cast<double>(turn_us(seen, story)) / 1000, expected_wait_us(seen, story) / 1000));
    if (seen.main_tid && seen.looked_twice() && gil.is_main) {
        finding.evidence.push_back(fmt::format("{} was on a CPU for {}{}", thread_label(seen, *seen.main_tid),
                                               cpu_text(seen, *seen.main_tid),
                                               waits_for(story, *seen.main_tid) ? " and was seen waiting" : ""));
    }
}

Finding finding_of(const Case& seen, const GilStory& story) {
    Finding finding;
    finding.severity = Severity::warning;
    finding.confidence = !seen.looked_twice()  ? Confidence::possible
                         : story.switches == 0 ? Confidence::likely
                                               : Confidence::certain;
    const bool main_waits = seen.main_tid && waits_for(story, *seen.main_tid);
    finding.sentence =
        fmt::format("{} threads compete for GIL {}, so {} gets it about {} ms late.", competitors(story).size(),
                    story.gil->id, main_waits ? "the main thread" : "each", expected_wait_us(seen, story) / 1000);
    add_evidence(seen, story, finding);
    finding.explanation = explanation;
    if (story.switches > 0) finding.ruled_out = {"a thread that never lets go (the GIL changes hands)"};
    finding.advice = {
        {"wait", "if the work is known to end; the process makes progress", ""},
        end_process(seen),
        for_good("fewer threads at a time, isolated interpreters, which have their own GIL, or processes")};
    finding.tids = competitors(story);
    finding.interpreters = story.gil->interpreters;
    return finding;
}

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped) return;
    for (const GilStory& story : seen.gils) {
        if (is_contended(seen, story)) out.findings.push_back(finding_of(seen, story));
    }
}

}  // namespace

extern const Rule gil_contention;
const Rule gil_contention{"gil-contention", "Many threads compete for one GIL", Band::gil, &check};

}  // namespace subint_doctor::diagnose
