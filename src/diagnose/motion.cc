#include "motion.h"

#include <fmt/format.h>

#include <algorithm>

namespace subint_doctor::diagnose {
namespace {

const Thread* thread_in(const Look& look, int tid) {
    const auto found = look.threads.find(tid);
    return found == look.threads.end() ? nullptr : found->second;
}

const ThreadState* state_in(const Look& look, int tid) {
    const auto found = look.states.find(tid);
    return found == look.states.end() ? nullptr : found->second.front();
}

std::uint64_t grown(std::uint64_t from, std::uint64_t to) { return to > from ? to - from : 0; }

bool same_sleep(const Thread& a, const Thread& b) {
    return a.syscall->number == b.syscall->number && a.syscall->args == b.syscall->args;
}

}  // namespace

Spent spent(const Case& seen, int tid) {
    const Thread* before = thread_in(seen.looks.front(), tid);
    const Thread* now = find_thread(seen, tid);
    if (before == nullptr || now == nullptr) return {};
    return {grown(before->run_ns, now->run_ns), grown(before->queue_ns, now->queue_ns),
            grown(before->slices, now->slices), grown(before->voluntary_switches, now->voluntary_switches)};
}

bool runs(const Thread& thread) { return thread.state == 'R' || (thread.on_cpu && thread.state == 'S'); }

bool runs_in_some_look(const Case& seen, int tid) {
    return std::any_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        const Thread* thread = thread_in(look, tid);
        return thread != nullptr && runs(*thread);
    });
}

bool runs_in_all_looks(const Case& seen, int tid) {
    return std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        const Thread* thread = thread_in(look, tid);
        return thread != nullptr && runs(*thread);
    });
}

bool sleeps_in_all_looks(const Case& seen, int tid) {
    const Thread* now = find_thread(seen, tid);
    if (now == nullptr || !now->syscall) return false;
    return std::all_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        const Thread* thread = thread_in(look, tid);
        return thread != nullptr && (thread->state == 'S' || thread->state == 'D') && thread->syscall &&
               same_sleep(*thread, *now);
    });
}

bool frames_moved(const Case& seen, int tid) {
    const Thread* thread = find_thread(seen, tid);
    if (thread != nullptr && thread->frames_stirred) return true;
    const ThreadState* now = state_in(seen.looks.back(), tid);
    return std::any_of(seen.looks.begin(), seen.looks.end(), [&](const Look& look) {
        const ThreadState* then = state_in(look, tid);
        if (then == nullptr || now == nullptr) return then != now;
        return then->address != now->address || then->frames_fingerprint != now->frames_fingerprint;
    });
}

bool in_epoll(const Thread& thread) { return thread.syscall && thread.syscall->name.starts_with("epoll_"); }

std::string cpu_text(const Case& seen, int tid) {
    constexpr std::uint64_t ns_per_ms = 1'000'000;
    const std::uint64_t elapsed = seen.elapsed_ns / ns_per_ms;
    const std::uint64_t used = std::min((spent(seen, tid).run_ns + ns_per_ms / 2) / ns_per_ms, elapsed);
    return fmt::format("about {} of {} ms", used, elapsed);
}

}  // namespace subint_doctor::diagnose
