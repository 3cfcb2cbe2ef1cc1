#include <fmt/format.h>

#include "advice.h"
#include "lonely_wait.h"
#include "rule.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "Only a thread of this process can release what it waits for, and the one thread that there is is the one that "
    "waits. Mostly it holds the lock itself and takes it a second time, often through a callback, a signal handler or "
    "a destructor that runs while it is held; or the thread that would have released it has ended.";

void check(const Case& seen, Conclusions& out) {
    const auto wait = find_lonely_wait(seen);
    if (!wait || parent_had_other_threads(seen.last().process)) return;
    Finding finding;
    judge(seen, *wait, finding);
    finding.sentence = fmt::format(
        "{} waits for a lock without a time limit, and it is the only thread of the process: no thread is left that "
        "could release it.",
        capitalised(thread_in_sentence(seen, wait->thread->tid)));
    finding.evidence = lonely_wait_lines(seen, *wait);
    finding.explanation = explanation;
    finding.ruled_out = {"another thread or process that holds the lock", "a wait that ends by itself"};
    finding.advice = {
        end_process(seen),
        for_good("find who takes the lock twice in the stack below; a threading.RLock lets its owner take it again")};
    finding.tids = {wait->thread->tid};
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule self_deadlock;
const Rule self_deadlock{"self-deadlock", "The only thread waits for a lock", Band::waits, &check};

}  // namespace subint_doctor::diagnose
