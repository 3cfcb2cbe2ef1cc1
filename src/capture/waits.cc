#include "waits.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "time_limits.h"

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
    std::unordered_map<int, const Thread*> threads;  // by the patient's own number; empty where nobody joins
};

View view_of(const Snapshot& look) {
    View view{look, {}, {}};
    bool somebody_joins = false;
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (!state.tid) continue;
            if (state.joined_namespace_tid) somebody_joins = true;
            const ThreadState*& entry = view.innermost[*state.tid];
            const bool inner = entry == nullptr || (state.stack_anchor && state.stack_anchor < entry->stack_anchor);
            if (inner && !state.frames.empty()) entry = &state;
        }
    }
    if (!somebody_joins) return view;
    for (const Thread& thread : look.threads) view.threads[thread.namespace_tid] = &thread;
    return view;
}

Wait only_kind(WaitKind kind) {
    Wait wait;
    wait.kind = kind;
    return wait;
}

// A thread that joins another one parks like a lock waiter; its innermost frame tells.
const ThreadState* joining_state(const View& view, int tid) {
    const auto found = view.innermost.find(tid);
    if (found == view.innermost.end() || found->second == nullptr) return nullptr;
    const Code& code = view.look.python->codes[found->second->frames.front().code];
    return code.name == "join" && code.file.ends_with("threading.py") ? found->second : nullptr;
}

Wait wait_for_thread(const View& view, const ThreadState& state) {
    Wait wait = wait_on(WaitKind::join, resource_of(ResourceKind::thread, 0));
    const auto joined = view.threads.find(state.joined_namespace_tid.value_or(0));
    if (joined == view.threads.end()) return wait;
    const Thread& thread = *joined->second;
    wait.resources.front() =
        resource_of(ResourceKind::thread, static_cast<std::uint64_t>(thread.tid), thread.python_name.value_or(""));
    wait.owner_tid = thread.tid;
    return wait;
}

std::optional<Wait> wait_for_gil(const Snapshot& look, int tid) {
    for (const Gil& gil : look.python->gils) {
        if (std::find(gil.waiters.begin(), gil.waiters.end(), tid) == gil.waiters.end()) continue;
        return wait_for(gil);
    }
    return std::nullopt;
}

Wait wait_in_futex(const View& view, const Thread& thread) {
    const Syscall& call = *thread.syscall;
    if (!parks_on_own_stack(call)) return wait_on(WaitKind::futex, resource_of(ResourceKind::futex, call.args[0]));
    if (const ThreadState* joining = joining_state(view, thread.tid)) return wait_for_thread(view, *joining);
    return wait_on(WaitKind::lock, resource_of(ResourceKind::lock, 0));
}

Wait wait_in_syscall(const View& view, const Thread& thread) {
    const Syscall& call = *thread.syscall;
    if (call.name == "futex") return wait_in_futex(view, thread);
    const SyscallMeaning* meaning = meaning_of(call.name);
    if (meaning == nullptr) return only_kind(WaitKind::other);
    if (!meaning->first_is_fd) return only_kind(meaning->kind);
    return wait_on(meaning->kind, descriptor_resource(view.look, static_cast<int>(call.args[0])));
}

Wait wait_of(const View& view, const Thread& thread) {
    if (thread.state == 'T' || thread.state == 't') return only_kind(WaitKind::stopped);
    if (std::optional<Wait> gil = wait_for_gil(view.look, thread.tid)) return *gil;
    if (thread.on_cpu || thread.state == 'R') return only_kind(WaitKind::running);
    if (!thread.syscall) return only_kind(WaitKind::other);
    Wait wait = wait_in_syscall(view, thread);
    wait.limit = time_limit_of(*thread.syscall);
    return wait;
}

}  // namespace

Wait wait_for(const Gil& gil) {
    Wait wait = wait_on(WaitKind::gil, resource_of(ResourceKind::gil, static_cast<std::uint64_t>(gil.id)));
    wait.owner_tid = gil.holder_tid;
    return wait;
}

const Descriptor* find_descriptor(const Snapshot& look, int fd) {
    const auto found = std::ranges::lower_bound(look.descriptors, fd, {}, &Descriptor::fd);
    return found != look.descriptors.end() && found->fd == fd ? &*found : nullptr;
}

Resource descriptor_resource(const Snapshot& look, int fd) {
    Resource descriptor = resource_of(ResourceKind::descriptor, static_cast<std::uint64_t>(fd));
    if (const Descriptor* known = find_descriptor(look, fd)) descriptor.name = known->link;
    return descriptor;
}

void classify_waits(Snapshot& look) {
    const View view = view_of(look);
    for (Thread& thread : look.threads) thread.wait = wait_of(view, thread);
}

}  // namespace subint_doctor::capture
