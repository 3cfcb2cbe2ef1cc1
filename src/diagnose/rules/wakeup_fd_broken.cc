#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "motion.h"
#include "rule.h"
#include "wakeup_evidence.h"
#include "words.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::string_view explanation =
    "The byte that CPython writes here on a signal is what wakes the event loop. If it reaches nobody, a signal "
    "wakes the loop only where the kernel happens to interrupt the main thread's own wait; one that another thread "
    "takes is noted and then left lying.";

struct Break {
    std::string what;  // "it is closed"
    Confidence confidence = Confidence::certain;
};

std::optional<Break> wrong_file(const WakeupChain& wakeup) {
    if (wakeup.kind == WakeupKind::closed) return Break{"no such descriptor is open"};
    // Sockets of other families are rare here, but a loop may read them.
    const bool other = wakeup.kind == WakeupKind::other && !wakeup.link.starts_with("socket:");
    if (other) return Break{fmt::format("it is {}, which wakes no event loop", printable(wakeup.link))};
    if (wakeup.has_peer == false) return Break{"its other end is closed, so nobody can read it"};
    return std::nullopt;
}

const Descriptor* descriptor_of(const Snapshot& look, std::optional<int> fd) {
    const auto found = std::find_if(look.descriptors.begin(), look.descriptors.end(),
                                    [&](const Descriptor& descriptor) { return descriptor.fd == fd; });
    return found == look.descriptors.end() ? nullptr : &*found;
}

// By whichever of its numbers.
bool is_reader(const Snapshot& look, std::optional<int> fd, int reader_fd) {
    if (fd == reader_fd) return true;
    const Descriptor* one = descriptor_of(look, fd);
    const Descriptor* reader = descriptor_of(look, reader_fd);
    return one != nullptr && reader != nullptr && one->inode != 0 && one->inode == reader->inode;
}

bool reads_or_polls_elsewhere(const Snapshot& look, const Thread& thread, int reader_fd) {
    if (thread.wait.kind == WaitKind::event_loop) return !in_epoll(thread);  // poll and select: of what is not known
    return thread.wait.kind == WaitKind::read && is_reader(look, thread.wait.fd(), reader_fd);
}

// An epoll set may itself be watched by another one.
bool is_watched_set(const Snapshot& look, int epoll_fd) {
    return std::any_of(look.descriptors.begin(), look.descriptors.end(), [&](const Descriptor& set) {
        return std::any_of(set.watched.begin(), set.watched.end(),
                           [&](const EpollTarget& target) { return target.fd == epoll_fd; });
    });
}

// In every look the same; a loop that is at work between two waits is not broken.
bool main_sleeps_in_epoll(const Case& seen) {
    const Thread* main = seen.main_tid ? find_thread(seen, *seen.main_tid) : nullptr;
    return main != nullptr && in_epoll(*main) && sleeps_in_all_looks(seen, main->tid) &&
           spent(seen, main->tid).slices == 0;
}

bool same_chain_in_all_looks(const Case& seen) {
    const WakeupChain& now = seen.last().wakeup;
    return std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        const WakeupChain& then = look.snapshot->wakeup;
        return then.fd == now.fd && then.kind == now.kind && then.link == now.link && then.has_peer == now.has_peer &&
               then.reader_fd == now.reader_fd && then.watched == now.watched && then.armed == now.armed &&
               then.polled_by == now.polled_by;
    });
}

// Only the main thread sets the wakeup fd, and the descriptor table is read a moment after it: as long as that thread
// did not run, both are of one moment.
bool main_stood_still(const Case& seen) {
    const Thread* main = seen.main_tid ? find_thread(seen, *seen.main_tid) : nullptr;
    return main != nullptr && !runs_in_some_look(seen, main->tid) && spent(seen, main->tid).slices == 0 &&
           std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
               const auto then = look.threads.find(main->tid);
               return then != look.threads.end() && !then->second->ran_while_read;
           });
}

std::optional<Break> unheard(const Case& seen) {
    const Snapshot& look = seen.last();
    const WakeupChain& wakeup = look.wakeup;
    if (!wakeup.reader_fd || wakeup.reader_pid != look.process.pid || !main_sleeps_in_epoll(seen)) return std::nullopt;
    for (const Thread& thread : look.threads) {
        if (reads_or_polls_elsewhere(look, thread, *wakeup.reader_fd)) return std::nullopt;
    }
    if (!wakeup.watched) return Break{fmt::format("its reader, fd {}, is in no epoll set", *wakeup.reader_fd)};
    if (wakeup.polled_by.empty() && !is_watched_set(look, *wakeup.epoll_fd))
        return Break{fmt::format("its reader, fd {}, is in epoll set fd {}, on which no thread waits",
                                 *wakeup.reader_fd, *wakeup.epoll_fd),
                     Confidence::likely};
    if (!wakeup.armed)
        return Break{fmt::format("epoll set fd {} no longer reports its reader, fd {} (not armed again)",
                                 *wakeup.epoll_fd, *wakeup.reader_fd),
                     Confidence::likely};
    return std::nullopt;
}

void check(const Case& seen, Conclusions& out) {
    const WakeupChain& wakeup = seen.last().wakeup;
    if (wakeup.fd < 0 || !same_chain_in_all_looks(seen) || !main_stood_still(seen)) return;
    std::optional<Break> found = wrong_file(wakeup);
    if (!found && !seen.stopped) found = unheard(seen);
    if (!found) return;
    Finding finding;
    finding.severity = Severity::warning;
    finding.confidence = seen.looked_twice() ? found->confidence : std::min(found->confidence, Confidence::likely);
    finding.sentence =
        fmt::format("A signal does not wake the event loop: Python's wakeup fd is {}, and {}.", wakeup.fd, found->what);
    finding.evidence = {capitalised(wakeup_text(wakeup))};
    if (!wakeup.link.empty()) finding.evidence.push_back(fmt::format("fd {} is {}", wakeup.fd, printable(wakeup.link)));
    if (const Thread* main = seen.main_tid ? find_thread(seen, *seen.main_tid) : nullptr; main && main->syscall)
        finding.evidence.push_back(fmt::format("{} sleeps in {}", thread_label(seen, main->tid), sleep_text(*main)));
    finding.explanation = explanation;
    finding.advice = {
        end_process(seen),
        for_good("call signal.set_wakeup_fd() again with the loop's own fd, and let only one loop own it")};
    if (seen.main_tid) finding.tids = {*seen.main_tid};
    out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule wakeup_fd_broken;
const Rule wakeup_fd_broken{"wakeup-fd-broken", "The signal wakeup fd reaches nobody", Band::signals, &check, true};

}  // namespace subint_doctor::diagnose
