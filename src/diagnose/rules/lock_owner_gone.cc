#include <fmt/format.h>

#include <utility>

#include "advice.h"
#include "lonely_wait.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "fork() copies the memory, and with it the state of every lock, but only the thread that called it. A lock that "
    "another thread of the parent held at that moment stays locked in the child for ever: its owner does not exist "
    "there. Loggers, connection pools, random generators and C libraries have such locks.";

void check(const Case& seen, Conclusions& out) {
    const auto wait = find_lonely_wait(seen);
    const Process& process = seen.last().process;
    if (!wait || !is_forked_beside_threads(process)) return;
    Finding finding = lonely_wait_finding(seen, *wait);
    finding.sentence = fmt::format(
        "{} waits for a lock without a time limit, in a forked child of a process that has several threads: no thread "
        "is left here that could release it.",
        capitalised(thread_in_sentence(seen, wait->thread->tid)));
    finding.evidence.push_back(
        fmt::format("It was forked and has run no other program since; its parent, process {} ({}), runs the same one "
                    "and has {} threads now",
                    process.parent_pid, printable(process.parent_name), process.parent_threads));
    finding.explanation = explanation;
    finding.advice.push_back(for_good(
        "start children with the spawn or forkserver method of multiprocessing, or fork before the first thread starts"));
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule lock_owner_gone;
const Rule lock_owner_gone{"lock-owner-gone", "The owner of the lock stayed behind at a fork", Band::waits, &check};

}  // namespace subint_doctor::diagnose
