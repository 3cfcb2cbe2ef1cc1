#include <fmt/format.h>

#include <utility>

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
    if (!wait || is_forked_beside_threads(seen.last().process)) return;
    Finding finding = lonely_wait_finding(seen, *wait);
    finding.sentence = fmt::format(
        "{} waits for a lock without a time limit, and it is the only thread of the process: no thread is left that "
        "could release it.",
        capitalised(thread_in_sentence(seen, wait->thread->tid)));
    finding.explanation = explanation;
    finding.advice.push_back(
        for_good("find who takes the lock twice in the stack below; a threading.RLock lets its owner take it again"));
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule self_deadlock;
const Rule self_deadlock{"self-deadlock", "The only thread waits for a lock", Band::waits, &check};

}  // namespace subint_doctor::diagnose
