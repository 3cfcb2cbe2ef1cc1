#include "gil_evidence.h"

#include <fmt/format.h>

#include <algorithm>

#include "motion.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

std::string others_text(std::size_t others) {
    if (others == 0) return "";
    return fmt::format(" and {} other{}", others, others == 1 ? "" : "s");
}

std::string name_of_wait(const Thread& thread) { return thread.syscall ? thread.syscall->name : "the kernel"; }

bool waits_in_event_loop(const Thread& thread) { return thread.wait.kind == WaitKind::event_loop; }

bool asked_in_all_looks(const Case& seen, const GilStory& story) {
    return std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        if (!look.snapshot->python) return false;
        const std::vector<Gil>& gils = look.snapshot->python->gils;
        return std::any_of(gils.begin(), gils.end(),
                           [&](const Gil& gil) { return gil.address == story.gil->address && gil.drop_requested; });
    });
}

bool owes_handler_in_all_looks(const Case& seen, const GilStory& story) {
    const Interpreter* home = find_interpreter(seen, story.holder_state->interpreter);
    if (story.holder != seen.main_tid || home == nullptr || home->kind != InterpreterKind::main) return false;
    return std::all_of(seen.looks.begin(), seen.looks.end(), [](const Look& look) {
        if (!look.snapshot->python) return false;
        const PythonSignals& signals = look.snapshot->python->signals;
        return signals.is_tripped || !signals.tripped.empty();
    });
}

bool is_asked(const Case& seen, const GilStory& story) {
    return seen.looked_twice() && story.holder &&
           (asked_in_all_looks(seen, story) || owes_handler_in_all_looks(seen, story));
}

// Where the kernel keeps no such clock the time between the looks counts.
bool had_time_to_answer(const Case& seen, const GilStory& story) {
    const bool clocked = find_thread(seen, *story.holder)->run_ns > 0;
    const std::uint64_t used_ns = clocked ? spent(seen, *story.holder).run_ns : seen.elapsed_ns;
    return used_ns / 1'000 > story.gil->switch_interval_us;
}

}  // namespace

bool leaves_request_unanswered(const Case& seen, const GilStory& story) {
    return is_asked(seen, story) && had_time_to_answer(seen, story);
}

bool could_not_answer(const Case& seen, const GilStory& story) {
    return is_asked(seen, story) && !had_time_to_answer(seen, story);
}

bool computes_in_native_code(const Case& seen, const GilStory& story) {
    if (!story.holder || !runs_in_some_look(seen, *story.holder)) return false;
    if (!seen.looked_twice()) return !story.waiters.empty() && story.gil->drop_requested;
    return leaves_request_unanswered(seen, story);
}

Starved starved_by(const Case& seen, const GilStory& story) {
    Starved starved;
    starved.waiters = story.waiters;
    if (!seen.main_tid) return starved;
    const auto main = std::find(starved.waiters.begin(), starved.waiters.end(), *seen.main_tid);
    if (main != starved.waiters.end()) {
        starved.main_waits = true;
        std::rotate(starved.waiters.begin(), main, main + 1);
        return starved;
    }
    const Thread* thread = find_thread(seen, *seen.main_tid);
    starved.main_will_wait = story.gil->is_main && story.holder != seen.main_tid && !runs(*thread);
    starved.main_in_event_loop = starved.main_will_wait && waits_in_event_loop(*thread);
    return starved;
}

std::string starving_text(const Case& seen, const GilStory& story, const Starved& starved) {
    if (!starved.waiters.empty()) {
        return fmt::format(", so {}{} cannot run Python", thread_in_sentence(seen, starved.waiters.front()),
                           others_text(starved.waiters.size() - 1));
    }
    if (starved.main_will_wait) {
        return fmt::format("; the main thread still waits in {} and will wait for GIL {} as soon as anything wakes it",
                           name_of_wait(*find_thread(seen, *seen.main_tid)), story.gil->id);
    }
    return "; no other thread was seen asking for it";
}

std::string holding_line(const Case& seen, const GilStory& story) {
    const Gil& gil = *story.gil;
    std::string line = fmt::format("{} holds GIL {}", thread_label(seen, *story.holder), gil.id);
    if (gil.interpreters.size() > 1) line += fmt::format(", which {} share", counted("interpreter", gil.interpreters));
    if (!seen.looked_twice()) return line + " (one look)";
    return line + fmt::format(": same holder, same switch number {} in {}", gil.switch_number, in_all_looks_text(seen));
}

void add_waiting_lines(const Case& seen, const GilStory& story, const Starved& starved, Finding& finding) {
    constexpr std::size_t shown = 3;
    const std::size_t lines = std::min(shown, starved.waiters.size());
    for (std::size_t i = 0; i < lines; ++i) {
        const int tid = starved.waiters[i];
        const std::uint64_t woken = spent(seen, tid).slices;
        std::string line = fmt::format("{} waits for GIL {}", thread_label(seen, tid), story.gil->id);
        if (woken > 0)
            line +=
                fmt::format("; it woke {} time{} between the looks and did not get it", woken, woken > 1 ? "s" : "");
        finding.evidence.push_back(line);
    }
    if (starved.waiters.size() > lines)
        finding.evidence.push_back(
            fmt::format("{} more threads wait for GIL {}", starved.waiters.size() - lines, story.gil->id));
    if (starved.main_will_wait && starved.waiters.empty()) {
        finding.evidence.push_back(fmt::format("{} sleeps in {}; nobody was seen waiting for GIL {}",
                                               thread_label(seen, *seen.main_tid),
                                               sleep_text(*find_thread(seen, *seen.main_tid)), story.gil->id));
    }
}

void name_actors(const GilStory& story, const Starved& starved, Finding& finding) {
    finding.tids.push_back(*story.holder);
    finding.tids.insert(finding.tids.end(), starved.waiters.begin(), starved.waiters.end());
    finding.interpreters.push_back(story.holder_state->interpreter);
}

}  // namespace subint_doctor::diagnose
