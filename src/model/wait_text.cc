#include "subint_doctor/model/wait_text.h"

#include <fmt/format.h>

namespace subint_doctor {
namespace {

std::string span_text(std::uint64_t ms) {
    if (ms % 1000 == 0) return fmt::format("{} s", ms / 1000);
    return fmt::format("{} ms", ms);
}

// No more exact than it stays true while it is read.
std::string rounded(std::uint64_t ms) {
    constexpr std::uint64_t minute = 60'000;
    constexpr std::uint64_t hour = 60 * minute;
    if (ms < 1'000) return fmt::format("{} ms", ms);
    if (ms < 2 * minute) return fmt::format("{} s", ms / 1'000);
    return ms < 2 * hour ? fmt::format("{} min", ms / minute) : fmt::format("{} h", ms / hour);
}

std::string addresses_text(const SocketAddresses& socket) {
    if (socket.remote.empty()) return fmt::format("{} {}", socket.protocol, socket.local);
    return fmt::format("{} {} to {}", socket.protocol, socket.local, socket.remote);
}

std::string descriptor_text(const Resource& descriptor) {
    const std::string what = descriptor.addresses ? addresses_text(*descriptor.addresses) : descriptor.name;
    return what.empty() ? fmt::format("fd {}", descriptor.id) : fmt::format("fd {} ({})", descriptor.id, what);
}

std::string process_text(const Resource& process) {
    if (process.id == 0) return "any child";
    return fmt::format("process {} ({}: {})", process.id, process.name, describe_state(process.state));
}

std::string thread_text(const Resource& thread) {
    if (thread.id == 0) return "the end of a thread";
    return thread.name.empty() ? fmt::format("the end of thread {}", thread.id)
                               : fmt::format("the end of {} (tid {})", thread.name, thread.id);
}

std::string descriptors_text(const Wait& wait) {
    if (wait.resource_count == 1) return descriptor_text(wait.resources.front());
    std::string text = fmt::format("{} fds: ", wait.resource_count);
    for (std::size_t i = 0; i < wait.resources.size(); ++i) {
        text += fmt::format("{}{}", i == 0 ? "" : ", ", wait.resources[i].id);
    }
    return wait.resources.size() < wait.resource_count ? text + ", ..." : text;
}

std::string in_call(const Thread& thread) {
    const Wait& wait = thread.wait;
    const std::string& call = thread.syscall->name;
    if (wait.resources.empty()) return call;
    switch (wait.resources.front().kind) {
        case ResourceKind::descriptor:
            return fmt::format("{} on {}", call, descriptors_text(wait));
        case ResourceKind::process:
            return fmt::format("{} for {}", call, process_text(wait.resources.front()));
        case ResourceKind::file:
            return fmt::format("{} of {}", call, wait.resources.front().name);
        default:
            return call;
    }
}

}  // namespace

std::string_view describe_state(char state) {
    switch (state) {
        case 'R':
            return "running";
        case 'S':
            return "sleeping";
        case 'D':
            return "in an uninterruptible wait";
        case 'T':
            return "stopped";
        case 't':
            return "stopped by a tracer";
        case 'Z':
            return "has ended (zombie)";
        case 'X':
            return "has ended";
        case 'I':
            return "idle";
        default:
            return "in an unknown state";
    }
}

std::string describe_gil_wait(int gil, std::optional<int> holder_tid) {
    const std::string holder = holder_tid ? fmt::format(", held by {}", *holder_tid) : "";
    return fmt::format("GIL {}{}", gil, holder);
}

std::string describe_wait(const Thread& thread) {
    const Wait& wait = thread.wait;
    const bool of_nothing = wait.resources.empty();
    switch (wait.kind) {
        case WaitKind::stopped:
            return thread.state == 't' ? "stopped by a tracer" : "stopped by a signal";
        case WaitKind::running:
            return "on a CPU or ready to run";
        case WaitKind::gil:
            return wait.gil() ? describe_gil_wait(*wait.gil(), wait.owner_tid) : "a GIL";
        case WaitKind::join:
            return of_nothing ? "the end of a thread" : thread_text(wait.resources.front());
        case WaitKind::futex:
            return "a native lock or semaphore";
        case WaitKind::lock:
            if (of_nothing || wait.resources.front().kind == ResourceKind::lock) return "a Python lock";
            break;
        default:
            break;
    }
    return thread.syscall ? in_call(thread) : thread.wait_channel.value_or("");
}

std::string describe_time_limit(const std::optional<TimeLimit>& limit) {
    if (!limit) return {};
    if (!limit->limited) return "no time limit";
    return limit->ms ? "a time limit of " + span_text(*limit->ms) : "a time limit";
}

std::string describe_time_left(const std::optional<TimeLimit>& limit) {
    if (limit && limit->left_ms) return rounded(*limit->left_ms) + " left";
    return limit && limit->ms ? "at most " + rounded(*limit->ms) : "";
}

}  // namespace subint_doctor
