#include "live_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace subint_doctor::os {
namespace {

constexpr std::size_t ranges_per_call = 256;
constexpr std::uint64_t page_bytes = 4096;

void* as_remote(Address address) {
    return reinterpret_cast<void*>(address.value);  // NOLINT(performance-no-int-to-ptr): the kernel's interface
}

// -1 with errno.
ssize_t read_range(int tid, Address from, std::span<std::byte> into) {
    const iovec local{into.data(), into.size()};
    const iovec remote{as_remote(from), into.size()};
    return process_vm_readv(tid, &local, 1, &remote, 1, 0);
}

// Shares out what one call brought; returns how many requests were served in full.
std::size_t share_out(std::span<ReadRequest> requests, std::size_t bytes) {
    std::size_t full = 0;
    for (ReadRequest& request : requests) {
        request.done = std::min(bytes, request.into.size());
        bytes -= request.done;
        if (request.done < request.into.size()) break;
        ++full;
    }
    return full;
}

}  // namespace

Result<std::size_t> LiveMemory::read_some(Address from, std::span<std::byte> into) const {
    if (into.empty()) return std::size_t{0};
    ssize_t got = read_range(tid_, from, into);
    const std::uint64_t to_page_end = page_bytes - from.value % page_bytes;
    // What process_vm_readv(2) brings before a fault inside one range is not promised.
    if (got < 0 && errno == EFAULT && into.size() > to_page_end) got = read_range(tid_, from, into.first(to_page_end));
    if (got > 0) return static_cast<std::size_t>(got);
    if (errno == ESRCH) return Error{ErrorCode::no_such_process, "reading memory", from, errno};
    return Error{errno == EPERM ? ErrorCode::not_permitted : ErrorCode::unreadable, "reading memory", from, errno};
}

void LiveMemory::read_scattered(std::span<ReadRequest> requests) const {
    std::array<iovec, ranges_per_call> local;
    std::array<iovec, ranges_per_call> remote;
    for (ReadRequest& request : requests) request.done = 0;
    while (!requests.empty()) {
        const std::size_t count = std::min(requests.size(), ranges_per_call);
        for (std::size_t i = 0; i < count; ++i) {
            local[i] = {requests[i].into.data(), requests[i].into.size()};
            remote[i] = {as_remote(requests[i].from), requests[i].into.size()};
        }
        const ssize_t got = process_vm_readv(tid_, local.data(), count, remote.data(), count, 0);
        if (got < 0 && errno != EFAULT) return;
        const std::size_t full = share_out(requests.first(count), got < 0 ? 0 : static_cast<std::size_t>(got));
        requests = requests.subspan(full);
        if (full == count) continue;
        // The call ends at the first range that it cannot read; that one alone, then on with the rest.
        ReadRequest& refused = requests.front();
        if (refused.done == 0) refused.done = read_some(refused.from, refused.into).value_or(0);
        requests = requests.subspan(1);
    }
}

int try_memory(int tid) {
    std::byte unread{};
    // No process can have a mapping there (vm.mmap_min_addr), and the permission is checked first.
    return read_range(tid, Address{0}, {&unread, 1}) < 0 && errno != EFAULT ? errno : 0;
}

}  // namespace subint_doctor::os
