#include "waits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace subint_doctor::capture {
namespace {

struct SyscallMeaning {
    std::string_view name;
    WaitKind kind;
    bool first_is_fd;
};

constexpr std::array meanings = {
    SyscallMeaning{"epoll_wait", WaitKind::event_loop, true},
    SyscallMeaning{"epoll_pwait", WaitKind::event_loop, true},
    SyscallMeaning{"epoll_pwait2", WaitKind::event_loop, true},
    SyscallMeaning{"poll", WaitKind::event_loop, false},
    SyscallMeaning{"ppoll", WaitKind::event_loop, false},
    SyscallMeaning{"select", WaitKind::event_loop, false},
    SyscallMeaning{"pselect6", WaitKind::event_loop, false},
    SyscallMeaning{"read", WaitKind::read, true},
    SyscallMeaning{"readv", WaitKind::read, true},
    SyscallMeaning{"pread64", WaitKind::read, true},
    SyscallMeaning{"recvfrom", WaitKind::read, true},
    SyscallMeaning{"recvmsg", WaitKind::read, true},
    SyscallMeaning{"write", WaitKind::write, true},
    SyscallMeaning{"writev", WaitKind::write, true},
    SyscallMeaning{"sendto", WaitKind::write, true},
    SyscallMeaning{"sendmsg", WaitKind::write, true},
    SyscallMeaning{"connect", WaitKind::connect, true},
    SyscallMeaning{"accept", WaitKind::accept, true},
    SyscallMeaning{"accept4", WaitKind::accept, true},
    SyscallMeaning{"clock_nanosleep", WaitKind::sleep, false},
    SyscallMeaning{"nanosleep", WaitKind::sleep, false},
    SyscallMeaning{"wait4", WaitKind::child, false},
    SyscallMeaning{"waitid", WaitKind::child, false},
    SyscallMeaning{"flock", WaitKind::lock, true},
};

const SyscallMeaning* meaning_of(std::string_view name) {
    const auto* found = std::find_if(meanings.begin(), meanings.end(), [&](const auto& m) { return m.name == name; });
    return found == meanings.end() ? nullptr : found;
}

// CPython 3.13+ parks a thread on a semaphore in the waiter's own C stack (Python/parking_lot.c, struct wait_entry);
// a native mutex lies elsewhere. The stack pointer is a few calls below it.
constexpr std::uint64_t parking_reach = 65'536;

bool parks_on_own_stack(const Syscall& call) {
    return AddressRange{call.stack_pointer, parking_reach}.contains({call.args[0]});
}

struct View {
    const Snapshot& look;
    std::unordered_map<int, const ThreadState*> innermost;  // by tid: an attached state, else one with frames
};

View view_of(const Snapshot& look) {
    View view{look, {}};
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (!state.tid) continue;
            const ThreadState*& entry = view.innermost[*state.tid];
            const bool inner = entry == nullptr || (state.stack_anchor && state.stack_anchor < entry->stack_anchor);
            if (inner && !state.frames.empty()) entry = &state;
        }
    }
    return view;
}

// A thread that joins another one parks like a lock waiter; its innermost frame tells.
bool joins_a_thread(const View& view, int tid) {
    const auto found = view.innermost.find(tid);
    if (found == view.innermost.end() || found->second == nullptr) return false;
    const Code& code = view.look.python->codes[found->second->frames.front().code];
    return code.name == "join" && code.file.ends_with("threading.py");
}

std::optional<Wait> wait_for_gil(const Snapshot& look, int tid) {
    for (const Gil& gil : look.python->gils) {
        if (std::find(gil.waiters.begin(), gil.waiters.end(), tid) == gil.waiters.end()) continue;
        return wait_for(gil);
    }
    return std::nullopt;
}

Wait wait_in_futex(const View& view, const Thread& thread) {
    if (!parks_on_own_stack(*thread.syscall)) return {WaitKind::futex, "a native lock or semaphore", {}, {}, {}};
    if (joins_a_thread(view, thread.tid)) return {WaitKind::join, "the end of a thread", {}, {}, {}};
    return {WaitKind::lock, "a Python lock", {}, {}, {}};
}

Wait wait_in_syscall(const View& view, const Thread& thread) {
    const Syscall& call = *thread.syscall;
    if (call.name == "futex") return wait_in_futex(view, thread);
    const SyscallMeaning* meaning = meaning_of(call.name);
    if (meaning == nullptr) return {WaitKind::other, call.name, {}, {}, {}};
    Wait wait{meaning->kind, call.name, {}, {}, {}};
    if (!meaning->first_is_fd) return wait;
    wait.fd = static_cast<int>(call.args[0]);
    const auto& table = view.look.descriptors;
    const auto found = std::find_if(table.begin(), table.end(), [&](const Descriptor& d) { return d.fd == *wait.fd; });
    wait.detail = fmt::format("{} on fd {}", call.name, *wait.fd);
    if (found != table.end()) wait.detail += fmt::format(" ({})", found->link);
    return wait;
}

Wait wait_of(const View& view, const Thread& thread) {
    if (thread.state == 'T' || thread.state == 't') {
        return {WaitKind::stopped, thread.state == 't' ? "stopped by a tracer" : "stopped by a signal", {}, {}, {}};
    }
    if (std::optional<Wait> gil = wait_for_gil(view.look, thread.tid)) return *gil;
    if (thread.on_cpu || thread.state == 'R') return {WaitKind::running, "on a CPU or ready to run", {}, {}, {}};
    if (thread.syscall) return wait_in_syscall(view, thread);
    return {WaitKind::other, thread.wait_channel.value_or(""), {}, {}, {}};
}

}  // namespace

Wait wait_for(const Gil& gil) {
    Wait wait{WaitKind::gil, fmt::format("GIL {}", gil.id), {}, gil.holder_tid, gil.id};
    if (gil.holder_tid) wait.detail += fmt::format(", held by {}", *gil.holder_tid);
    return wait;
}

void classify_waits(Snapshot& look) {
    const View view = view_of(look);
    for (Thread& thread : look.threads) thread.wait = wait_of(view, thread);
}

}  // namespace subint_doctor::capture
