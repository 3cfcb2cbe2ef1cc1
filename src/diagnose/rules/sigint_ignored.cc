#include <fmt/format.h>

#include <csignal>

#include "advice.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "A program that is started in the background by a shell without job control, by nohup, or by some CI runners "
    "inherits an ignored SIGINT, and CPython then leaves it ignored. The kernel drops each Ctrl-C before Python "
    "could see it. That is not why a program hangs: only why Ctrl-C does not end it.";

void check(const Case& seen, Conclusions& out) {
    const Snapshot& look = seen.last();
    if (!look.process.ignored.has(SIGINT)) return;
    Finding finding;
    finding.severity = Severity::warning;
    finding.sentence = "Ctrl-C cannot work: the process ignores SIGINT.";
    finding.evidence = {"SIGINT is in the set of ignored signals (SigIgn)"};
    if (look.python && look.python->signals.sigint_handler)
        finding.evidence.push_back(
            fmt::format("Python's handler for SIGINT: {}", printable(*look.python->signals.sigint_handler)));
    finding.explanation = explanation;
    finding.ruled_out = {"a cause of the hang itself"};
    finding.advice = {end_process(seen),
                      for_good("at the start of the program: signal.signal(SIGINT, signal.default_int_handler)")};
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule sigint_ignored;
const Rule sigint_ignored{"sigint-ignored", "SIGINT is ignored", Band::ctrl_c, &check, true};

}  // namespace subint_doctor::diagnose
