#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "motion.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "A stopped thread takes part in nothing: no lock that it holds is released and no signal handler runs. What the "
    "threads wait for below is where they were when they were stopped, not why they do not go on.";

bool all_in_state(const Snapshot& look, char state) {
    return std::all_of(look.threads.begin(), look.threads.end(), [&](const Thread& thread) {
        return thread.state == state || thread.state == 'Z' || thread.state == 'X';
    });
}

std::string tracer_text(const Process& process) {
    if (process.tracer_pid == 0) return "another process";
    const std::string name = process.tracer_name.empty() ? "process" : printable(process.tracer_name);
    return fmt::format("{} (pid {})", name, process.tracer_pid);
}

bool is_our_kind(const Process& process) { return process.tracer_name == "subint-doctor"; }

bool same_tracer_in_all_looks(const Case& seen) {
    return std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        return look.snapshot->process.tracer_pid == seen.last().process.tracer_pid;
    });
}

// What is there for a moment is no finding: in every look, and nothing ran in between.
bool stood_still(const Case& seen) {
    for (const Look& look : seen.looks) {
        if (seen.last().process.frozen && !look.snapshot->process.frozen) return false;
    }
    return std::all_of(seen.last().threads.begin(), seen.last().threads.end(), [&](const Thread& thread) {
        if (thread.state == 'Z' || thread.state == 'X') return true;
        const bool same_state = std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
            const auto then = look.threads.find(thread.tid);
            return then != look.threads.end() && then->second->state == thread.state;
        });
        const Spent between = spent(seen, thread.tid);
        return (same_state || seen.last().process.frozen) && between.slices == 0 && between.run_ns == 0 &&
               between.voluntary_switches == 0;
    });
}

std::string all_threads(const Snapshot& look) {
    return look.threads.size() == 1 ? "1 thread" : fmt::format("{} threads, all", look.threads.size());
}

void describe_frozen(Finding& finding) {
    finding.sentence = "The process is frozen: its control group is, so none of its threads can run.";
    finding.evidence = {"The control group is frozen (cgroup.freeze, or a paused container)"};
    finding.advice = {{"thaw", "write 0 to the group's cgroup.freeze, or unpause the container", ""}};
}

void describe_traced(const Snapshot& look, Finding& finding) {
    const std::string tracer = tracer_text(look.process);
    finding.sentence = fmt::format("The process is stopped by its tracer, {}.", tracer);
    finding.evidence = {fmt::format("Traced by {}", tracer),
                        all_threads(look) + " in a tracing stop (t) or stopped (T)"};
    finding.advice = {{"detach", fmt::format("let {} continue or detach", tracer), ""}};
    if (look.process.tracer_pid != 0)
        finding.advice.push_back({fmt::format("kill {}", look.process.tracer_pid),
                                  "ends the tracer; the kernel then lets go of this process",
                                  "the debugging session is lost"});
}

void describe_job_control(const Snapshot& look, Finding& finding) {
    finding.sentence =
        "The process is stopped by a signal (job control: Ctrl-Z, SIGSTOP, or terminal access from the "
        "background); it waits for SIGCONT.";
    finding.evidence = {all_threads(look) + " in state T (stopped)"};
    finding.advice = {{fmt::format("kill -CONT {}", look.process.pid), "the process goes on where it was stopped", ""}};
}

Finding held_by_our_kind(const Snapshot& look) {
    Finding finding;
    finding.severity = Severity::note;
    finding.sentence =
        fmt::format("The process is held by another subint-doctor (pid {}), which reads it.", look.process.tracer_pid);
    finding.evidence = {fmt::format("Traced by {}", tracer_text(look.process))};
    finding.explanation = "It lets go of the process by itself; look again when it has ended.";
    return finding;
}

Finding watched(const Snapshot& look) {
    Finding finding;
    finding.severity = Severity::note;
    finding.sentence = fmt::format("The process is traced by {} and not stopped.", tracer_text(look.process));
    finding.evidence = {fmt::format("Traced by {}", tracer_text(look.process))};
    finding.explanation = "A tracer sees each signal first and may stop any thread at any time.";
    return finding;
}

void check(const Case& seen, Conclusions& out) {
    const Snapshot& look = seen.last();
    const bool traced = look.process.tracer_pid != 0 && same_tracer_in_all_looks(seen);
    if (traced && is_our_kind(look.process)) {
        if (seen.stopped && stood_still(seen)) out.findings.push_back(held_by_our_kind(look));
        return;
    }
    if (!seen.stopped) {
        if (traced) out.findings.push_back(watched(look));
        return;
    }
    if (!stood_still(seen)) return;
    Finding finding;
    finding.confidence = seen.looked_twice() ? Confidence::certain : Confidence::likely;
    finding.severity = Severity::critical;
    finding.explanation = explanation;
    if (look.process.frozen) {
        describe_frozen(finding);
    } else if (all_in_state(look, 'T')) {
        describe_job_control(look, finding);
    } else {
        describe_traced(look, finding);
    }
    for (const Thread& thread : look.threads) finding.tids.push_back(thread.tid);
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule process_stopped;
const Rule process_stopped{"process-stopped", "The process is stopped", Band::stopped, &check};

}  // namespace subint_doctor::diagnose
