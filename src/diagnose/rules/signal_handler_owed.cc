#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "advice.h"
#include "c_code.h"
#include "motion.h"
#include "rule.h"
#include "wakeup_evidence.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "The system has delivered the signal and CPython has noted it. Its Python handler runs only on the main thread, "
    "only while that runs code of the main interpreter: between two bytecodes, or when C code asks "
    "(PyErr_CheckSignals), which it does after a system call that a signal interrupted. Until then nothing further "
    "happens, however often the signal is sent.";

struct Reason {
    std::string clause;  // "it waits for GIL 0": why main does not come
    bool known = true;
    bool is_c_code = false;  // it is in C code of its own accord, not for want of a GIL
};

bool owes_handler(const Python& python) { return python.signals.is_tripped || !python.signals.tripped.empty(); }

bool owed_in_all_looks(const Case& seen) {
    return std::all_of(seen.looks.begin(), seen.looks.end(),
                       [](const Look& look) { return look.snapshot->python && owes_handler(*look.snapshot->python); });
}

const GilStory* gil_that_main_waits_for(const Case& seen, int main) {
    const auto found = std::find_if(seen.gils.begin(), seen.gils.end(), [&](const GilStory& story) {
        return std::binary_search(story.waiters.begin(), story.waiters.end(), main);
    });
    return found == seen.gils.end() ? nullptr : &*found;
}

// The interpreter whose code main runs, when it is not the main one.
std::optional<std::int64_t> foreign_interpreter(const Case& seen, int main) {
    const ThreadState* state = innermost_state(seen, main);
    if (state == nullptr) return std::nullopt;
    const Interpreter* interpreter = find_interpreter(seen, state->interpreter);
    if (interpreter == nullptr || interpreter->kind == InterpreterKind::main) return std::nullopt;
    return interpreter->id;
}

std::size_t living_threads(const Snapshot& look) {
    return static_cast<std::size_t>(std::count_if(look.threads.begin(), look.threads.end(), [](const Thread& thread) {
        return thread.state != 'Z' && thread.state != 'X';
    }));
}

// Main blocks every one that came, so the kernel gave them to others.
bool others_took_them(const Case& seen, const Thread& main) {
    const std::vector<int>& tripped = seen.last().python->signals.tripped;
    return !tripped.empty() && living_threads(seen.last()) > 1 &&
           std::all_of(tripped.begin(), tripped.end(), [&](int signal) { return main.blocked.has(signal); });
}

// ", in C code called by save at app.py:13"; empty where Python itself waits in its own library.
std::string c_code_text(const Case& seen, const Thread& main) {
    const ThreadState* state = innermost_state(seen, main.tid);
    const std::string place = state != nullptr ? place_text(*seen.last().python, *state) : std::string();
    return place.empty() ? place : ", below " + place;
}

// Where nothing proves how the wait outlived the signal, the clause stops at what was seen.
std::string sleeping_clause(const Case& seen, const Thread& main) {
    const std::string where = sleep_text(main);
    if (main.wait.kind == WaitKind::futex)
        return fmt::format("it is blocked in {}, a wait in C code that does not come back to Python", where);
    const bool waits = main.wait.kind == WaitKind::lock || main.wait.kind == WaitKind::join;
    const std::string sleeps = fmt::format("it {} in {}", waits ? "waits" : "sleeps", where);
    if (others_took_them(seen, main))
        return sleeps + ", and blocks that signal itself: another thread took it, and nothing woke the main thread";
    if (living_threads(seen.last()) > 1) return sleeps + c_code_text(seen, main);
    return fmt::format(
        "it sleeps in {}{}; there is no other thread, so the C code there went on after the signal or "
        "began its wait after it",
        where, c_code_text(seen, main));
}

// It ran between the looks and still stands at the same Python instruction: C code that wakes and sleeps by turns.
bool turns_in_c_code(const Case& seen, int main) {
    const Thread& thread = *find_thread(seen, main);
    return seen.looked_twice() && !frames_moved(seen, main) && !thread.moved &&
           spent(seen, main).voluntary_switches > 0 && !runs_in_all_looks(seen, main) &&
           thread.wait.kind != WaitKind::lock && thread.wait.kind != WaitKind::gil;
}

// A waiter for the GIL that blinks is awake for microseconds only.
bool computes(const Case& seen, int main) {
    constexpr std::uint64_t more_than_a_blink_ns = 2'000'000;
    return seen.looked_twice() && runs_in_all_looks(seen, main) && !frames_moved(seen, main) &&
           spent(seen, main).run_ns >= more_than_a_blink_ns;
}

const GilStory* gil_kept_from_main(const Case& seen, int main) {
    const auto found = std::find_if(seen.gils.begin(), seen.gils.end(), [&](const GilStory& story) {
        return story.gil->is_main && story.holder && story.holder != main;
    });
    return found == seen.gils.end() ? nullptr : &*found;
}

Reason reason_of(const Case& seen, int main) {
    const Thread& thread = *find_thread(seen, main);
    if (const auto id = foreign_interpreter(seen, main))
        return {fmt::format("it runs {}, and handlers run only in the main interpreter", interpreter_label(seen, *id))};
    if (const GilStory* story = gil_that_main_waits_for(seen, main)) {
        const std::optional<int> holder = story->gil->holder_tid;
        return {fmt::format("it waits for GIL {}", story->gil->id) +
                (holder && holder != main ? ", held by " + thread_label(seen, *holder) : std::string())};
    }
    if (turns_in_c_code(seen, main) && gil_kept_from_main(seen, main) == nullptr)
        return {fmt::format("it is in C code that sleeps and wakes by turns without asking for signals{}",
                            c_code_text(seen, thread)),
                true, true};
    if (sleeps_in_all_looks(seen, main)) return {sleeping_clause(seen, thread), true, true};
    if (computes(seen, main)) return {"it computes in C code that does not ask for signals", true, true};
    if (const GilStory* story = gil_kept_from_main(seen, main)) {
        return {fmt::format("it is ready to run, but GIL {} is kept by {}", story->gil->id,
                            thread_label(seen, *story->holder))};
    }
    return {"it has not come to it yet", false};
}

constexpr std::array signal_names = {
    std::pair{SIGINT, "SIGINT"},   std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGHUP, "SIGHUP"},
    std::pair{SIGQUIT, "SIGQUIT"}, std::pair{SIGCHLD, "SIGCHLD"}, std::pair{SIGALRM, "SIGALRM"},
    std::pair{SIGUSR1, "SIGUSR1"}, std::pair{SIGUSR2, "SIGUSR2"}, std::pair{SIGWINCH, "SIGWINCH"},
};

std::string signal_name(int number) {
    const auto* found = std::find_if(signal_names.begin(), signal_names.end(),
                                     [&](const auto& known) { return known.first == number; });
    return found == signal_names.end() ? fmt::format("signal {}", number) : found->second;
}

std::string signals_text(const std::vector<int>& numbers) {
    if (numbers.empty()) return "a signal";
    std::string text = signal_name(numbers.front());
    for (std::size_t i = 1; i < numbers.size(); ++i)
        text += (i + 1 == numbers.size() ? " and " : ", ") + signal_name(numbers[i]);
    return text;
}

std::string ruled_out_line(const Snapshot& look) {
    const bool blocked = std::any_of(look.threads.begin(), look.threads.end(),
                                     [](const Thread& thread) { return thread.blocked.has(SIGINT); });
    return blocked ? "an ignored SIGINT" : "SIGINT ignored or blocked (it is neither)";
}

void add_evidence(const Case& seen, const Reason& reason, Finding& finding) {
    const Snapshot& look = seen.last();
    const PythonSignals& signals = look.python->signals;
    finding.evidence.push_back(fmt::format("{} arrived and {} noted in {}; {} not run", signals_text(signals.tripped),
                                           signals.tripped.size() > 1 ? "are" : "is", in_all_looks_text(seen),
                                           signals.tripped.size() > 1 ? "their handlers have" : "its handler has"));
    finding.evidence.push_back(
        fmt::format("Only {} may run it: {}", thread_label(seen, *seen.main_tid), reason.clause));
    const std::string function = reason.is_c_code ? c_function_text(*find_thread(seen, *seen.main_tid)) : "";
    if (!function.empty()) finding.evidence.push_back(fmt::format("The C code that keeps it is {}", function));
    if (signals.sigint_handler)
        finding.evidence.push_back(
            fmt::format("Python believes that its handler for SIGINT is {}", printable(*signals.sigint_handler)));
    // A full one has a finding of its own.
    if (look.wakeup.fd < 0) {
        finding.evidence.emplace_back("No signal wakeup fd is set");
    } else if (look.wakeup.full != true) {
        finding.evidence.push_back(capitalised(wakeup_text(look.wakeup)));
    }
}

Finding finding_of(const Case& seen) {
    const Snapshot& look = seen.last();
    const Reason reason = reason_of(seen, *seen.main_tid);
    Finding finding;
    finding.severity = Severity::warning;
    finding.confidence = !reason.known         ? Confidence::possible
                         : seen.looked_twice() ? Confidence::certain
                                               : Confidence::likely;
    const std::vector<int>& tripped = look.python->signals.tripped;
    finding.sentence =
        fmt::format("{} arrived, but the main thread does not run {}: {}.", capitalised(signals_text(tripped)),
                    tripped.size() > 1 ? "their handlers" : "its handler", reason.clause);
    add_evidence(seen, reason, finding);
    finding.explanation = explanation;
    if (!look.process.ignored.has(SIGINT)) finding.ruled_out.push_back(ruled_out_line(look));
    finding.advice = {end_process(seen)};
    finding.tids = {*seen.main_tid};
    if (reason.is_c_code) finding.in_c_code = finding.tids;
    finding.symptom_of = {"process-stopped", "gil-held-in-native-code", "gil-holder-blocked", "gil-contention",
                          "wakeup-fd-broken"};
    return finding;
}

// Python code that moves on main of the main interpreter runs handlers at its next check: two signals were seen, not
// one that waits.
bool main_comes_to_it(const Case& seen) { return seen.looked_twice() && !reason_of(seen, *seen.main_tid).known; }

void check(const Case& seen, Conclusions& out) {
    if (seen.stopped || !seen.last().python || !owed_in_all_looks(seen)) return;
    if (!seen.main_tid) {
        out.missing.push_back({"signals", "a signal handler is owed, and no living main thread was found", true});
        return;
    }
    if (!main_comes_to_it(seen)) out.findings.push_back(finding_of(seen));
}

}  // namespace

extern const Rule signal_handler_owed;
const Rule signal_handler_owed{"signal-handler-owed", "A signal arrived and its Python handler does not run",
                               Band::signals, &check, true};

}  // namespace subint_doctor::diagnose
