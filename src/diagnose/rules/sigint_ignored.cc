#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "advice.h"
#include "helper_roles.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "A program that is started in the background by a shell without job control, by nohup, or by some CI runners "
    "inherits an ignored SIGINT, and CPython then leaves it ignored. The kernel drops each Ctrl-C before Python "
    "could see it. That is not why a program hangs: only why Ctrl-C does not end it.";

// A shell without job control starts a background job with both SIGINT and SIGQUIT ignored (POSIX, "Asynchronous
// Lists"); a program that ignores Ctrl-C for its own sake leaves SIGQUIT alone.
std::vector<std::string> signs_of_inheritance(const Process& process) {
    std::vector<std::string> signs;
    if (process.ignored.has(SIGQUIT))
        signs.emplace_back("SIGQUIT is ignored too, as a shell without job control does for a background job");
    if (process.parent_ignored && process.parent_ignored->has(SIGINT))
        signs.push_back(fmt::format("Its parent, {} (pid {}), ignores SIGINT too", printable(process.parent_name),
                                    process.parent_pid));
    if (process.ignored.has(SIGHUP)) signs.emplace_back("SIGHUP is ignored too, as nohup does");
    if (process.terminal_group && *process.terminal_group != process.process_group)
        signs.emplace_back("It is a background job of its terminal");
    return signs;
}

void describe_helper(const Process& process, std::string_view role, Finding& finding) {
    finding.severity = Severity::note;
    const std::string of = process.parent_pid != 0 ? fmt::format(", a child of process {}", process.parent_pid) : "";
    finding.sentence = fmt::format("The process ignores SIGINT, as such helpers do by design: it is {}{}.", role, of);
    finding.explanation =
        "Ctrl-C at a terminal reaches a program and its helpers alike. The program answers it and then ends its helpers, "
        "which therefore ignore it.";
}

void describe_inherited(const std::vector<std::string>& signs, Finding& finding) {
    finding.severity = Severity::warning;
    finding.sentence = "Ctrl-C does nothing: the process ignores SIGINT, and seems to have inherited that.";
    finding.evidence.insert(finding.evidence.end(), signs.begin(), signs.end());
    finding.explanation = explanation;
    finding.advice.push_back(
        for_good("at the start of the program: signal.signal(SIGINT, signal.default_int_handler)"));
}

void describe_own(Finding& finding) {
    finding.severity = Severity::note;
    finding.sentence = "Ctrl-C does nothing: the process ignores SIGINT.";
    finding.evidence.emplace_back(
        "Nothing points to inheritance: SIGQUIT is not ignored, nor does its parent ignore SIGINT as far as was read");
    finding.explanation = explanation;
}

void check(const Case& seen, Conclusions& out) {
    const Snapshot& look = seen.last();
    const auto ignores = [](const Look& seen_once) { return seen_once.snapshot->process.ignored.has(SIGINT); };
    if (!std::all_of(seen.looks.begin(), seen.looks.end(), ignores)) return;
    Finding finding;
    finding.evidence = {"SIGINT is in the set of ignored signals (SigIgn)"};
    if (look.python && look.python->signals.sigint_handler)
        finding.evidence.push_back(fmt::format("Python believes that its handler for SIGINT is {}",
                                               printable(*look.python->signals.sigint_handler)));
    finding.ruled_out = {"a cause of the hang itself"};
    finding.advice = {end_process(seen)};
    const std::vector<std::string> signs = signs_of_inheritance(look.process);
    if (const auto role = helper_role(look)) {
        describe_helper(look.process, *role, finding);
    } else if (!signs.empty()) {
        describe_inherited(signs, finding);
    } else {
        describe_own(finding);
    }
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule sigint_ignored;
const Rule sigint_ignored{"sigint-ignored", "SIGINT is ignored", Band::ctrl_c, &check, true};

}  // namespace subint_doctor::diagnose
