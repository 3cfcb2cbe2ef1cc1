#include "sleeping_stacks.h"

#include <algorithm>

namespace subint_doctor::capture {
namespace {

constexpr std::size_t most_copied = std::size_t{24} << 20U;  // bytes of all stacks
constexpr std::size_t reads_at_once = 64;

bool sleeps(const Thread& thread) { return thread.syscall && !thread.ran_while_read && !thread.on_cpu; }

BytesByTid copy(const MemoryReader& memory, const StackAreas& areas, std::span<const Thread* const> wanted,
                std::uint64_t most) {
    BytesByTid copies;
    std::vector<std::pair<int, ReadRequest>> requests;
    std::size_t bytes = 0;
    for (const Thread* thread : wanted) {
        if (!sleeps(*thread)) continue;
        const AddressRange range = areas.from(thread->syscall->stack_pointer, most);
        bytes += range.size;
        if (bytes > most_copied) break;
        std::vector<std::byte>& into = copies[thread->tid];
        into.resize(range.size);
        requests.push_back({thread->tid, {range.start, into}});
    }
    std::vector<ReadRequest> some;
    for (std::size_t first = 0; first < requests.size(); first += reads_at_once) {
        const auto part = std::span(requests).subspan(first, std::min(reads_at_once, requests.size() - first));
        some.clear();
        for (const auto& [tid, request] : part) some.push_back(request);
        memory.read_scattered(some);
        for (std::size_t n = 0; n < part.size(); ++n) copies[part[n].first].resize(some[n].done);
    }
    return copies;
}

// Nothing but sleep: neither put on a CPU nor woken and back at the same place.
bool slept_on(const Thread& then, const Thread& now) {
    return sleeps(now) && now.slices == then.slices && now.voluntary_switches == then.voluntary_switches &&
           now.run_ns == then.run_ns && now.syscall->stack_pointer == then.syscall->stack_pointer;
}

}  // namespace

BytesByTid copy_sleeping_stacks(const os::Target& patient, const StackAreas& areas, std::span<const Thread> look,
                                std::span<const Thread* const> wanted, std::uint64_t most) {
    BytesByTid copies = copy(patient.memory(), areas, wanted, most);
    if (copies.empty()) return {};
    const auto reading = patient.begin_threads(look);
    if (!reading) return {};
    std::vector<os::Unread> unread;
    std::unordered_map<int, const Thread*> now;
    const std::vector<Thread> threads = (*reading)->finish(unread);
    for (const Thread& thread : threads) now.emplace(thread.tid, &thread);
    for (const Thread* then : wanted) {
        const auto found = now.find(then->tid);
        if (found == now.end() || !slept_on(*then, *found->second)) copies.erase(then->tid);
    }
    return copies;
}

}  // namespace subint_doctor::capture
