#include "wait_details.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "subint_doctor/os/live_target.h"
#include "syscall_arguments.h"
#include "time_limits.h"
#include "waits.h"

namespace subint_doctor::capture {
namespace {

constexpr std::size_t most_threads = 4'096;
constexpr std::uint64_t ns_per_ms = 1'000'000;

using Threads = std::unordered_map<int, Thread>;

std::uint64_t inode_of_socket(const Snapshot& look, const Resource& resource) {
    if (resource.kind != ResourceKind::descriptor) return 0;
    const Descriptor* known = find_descriptor(look, static_cast<int>(resource.id));
    return known != nullptr && known->kind == DescriptorKind::other_socket ? known->inode : 0;
}

// All at once: the lists of the kernel's that they are in may be long.
void add_addresses(const os::LiveTarget& live, const Snapshot& look, Threads& threads) {
    std::unordered_multimap<std::uint64_t, Resource*> sockets;  // by inode
    std::vector<std::uint64_t> inodes;
    for (auto& [tid, thread] : threads) {
        for (Resource& resource : thread.wait.resources) {
            const std::uint64_t inode = inode_of_socket(look, resource);
            if (inode == 0) continue;
            sockets.emplace(inode, &resource);
            inodes.push_back(inode);
        }
    }
    if (inodes.empty()) return;
    const auto found = live.socket_addresses(inodes);
    if (!found) return;
    for (const auto& [inode, socket] : sockets) {
        if (const auto addresses = found->find(inode); addresses != found->end()) socket->addresses = addresses->second;
    }
}

// A child that is not found is not named.
void name_children(const os::LiveTarget& live, Threads& threads) {
    std::vector<Wait*> waits;
    std::vector<int> namespace_pids;
    for (auto& [tid, thread] : threads) {
        const std::optional<int> child = thread.wait.only(ResourceKind::process);
        if (child.value_or(0) == 0) continue;
        waits.push_back(&thread.wait);
        namespace_pids.push_back(*child);
    }
    if (waits.empty()) return;
    const auto answer = live.children(namespace_pids);
    const os::ChildrenByNumber found = answer ? *answer : os::ChildrenByNumber();
    for (std::size_t n = 0; n < waits.size(); ++n) {
        Wait& wait = *waits[n];
        const auto known = found.find(namespace_pids[n]);
        if (known == found.end()) {
            wait.resources.clear();
            wait.resource_count = 0;
            continue;
        }
        wait.resources.front() =
            resource_of(ResourceKind::process, static_cast<std::uint64_t>(known->second.pid), known->second.name);
        wait.resources.front().state = known->second.state;
    }
}

PatientTime time_of(const Snapshot& look, const os::Clock& clock) {
    PatientTime now;
    now.realtime_ns = static_cast<std::uint64_t>(clock.unix_ms()) * ns_per_ms;
    if (!look.process.other_time_namespace) now.monotonic_ns = clock.now_ns();
    return now;
}

bool sleeps(const Thread& thread) {
    return thread.syscall && thread.wait.kind != WaitKind::stopped && thread.wait.kind != WaitKind::running &&
           thread.wait.kind != WaitKind::gil;
}

// Most threads of most programs: there is nothing to look up.
bool waits_for_lock_for_ever(const Thread& thread) {
    const Wait& wait = thread.wait;
    const bool is_futex = wait.kind == WaitKind::lock || wait.kind == WaitKind::futex || wait.kind == WaitKind::join;
    return is_futex && wait.limit && !wait.limit->limited;
}

bool slept_on(const Thread& then, const Thread& now) {
    return now.syscall && now.syscall->number == then.syscall->number && now.syscall->args == then.syscall->args &&
           now.syscall->stack_pointer == then.syscall->stack_pointer && now.wait.kind == then.wait.kind &&
           now.slices == then.slices && now.run_ns == then.run_ns && now.voluntary_switches == then.voluntary_switches;
}

}  // namespace

void WaitDetails::look_up(const os::Target& patient, const os::Clock& clock, const Snapshot& look) {
    asleep_.clear();
    if (patient.live() == nullptr) return;
    looked_up_ns_ = clock.now_ns();
    const PatientTime now = time_of(look, clock);
    for (const Thread& thread : look.threads) {
        if (!sleeps(thread) || waits_for_lock_for_ever(thread) || asleep_.size() == most_threads) continue;
        Thread& then = asleep_.emplace(thread.tid, thread).first->second;
        if (then.wait.limit) read_time_limit(patient.memory(), *then.syscall, now, *then.wait.limit);
        follow_arguments(patient.memory(), look, *then.syscall, then.wait);
    }
    add_addresses(*patient.live(), look, asleep_);
    name_children(*patient.live(), asleep_);
}

void WaitDetails::add_to(Snapshot& look) const {
    for (Thread& thread : look.threads) {
        const auto found = asleep_.find(thread.tid);
        if (found == asleep_.end() || !slept_on(found->second, thread)) continue;
        thread.wait = found->second.wait;
        if (!thread.wait.limit || !thread.wait.limit->left_ms) continue;
        const std::uint64_t passed_ms = (look.ended_ns - looked_up_ns_) / ns_per_ms;
        thread.wait.limit->left_ms = *thread.wait.limit->left_ms - std::min(*thread.wait.limit->left_ms, passed_ms);
    }
}

}  // namespace subint_doctor::capture
