#include "case_builder.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace subint_doctor::tests {
namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;
constexpr std::uint64_t gil_size = 208;

SignalSet set_of(std::initializer_list<int> signals) {
    SignalSet set;
    for (int signal : signals) set.bits |= std::uint64_t{1} << (signal - 1);
    return set;
}

Interpreter& interpreter_of(Snapshot& look, std::int64_t id) {
    auto& all = look.python->interpreters;
    return *std::find_if(all.begin(), all.end(), [&](const Interpreter& i) { return i.id == id; });
}

Address address_for(int tid, std::int64_t interpreter) {
    return {0x7f0000000000 + static_cast<std::uint64_t>(tid) * 0x10000 +
            static_cast<std::uint64_t>(interpreter) * 0x1000};
}

Gil make_gil(int id) {
    Gil gil;
    gil.id = id;
    gil.address = {0xbac000 + static_cast<std::uint64_t>(id) * 0x1000};
    gil.is_main = id == 0;
    gil.switch_interval_us = 5000;
    gil.switch_number = 1041;
    gil.condition = {gil.address + 32, 48};
    gil.whole = {gil.address, gil_size};
    return gil;
}

ThreadState& add_state(Snapshot& look, std::int64_t interpreter, int tid) {
    ThreadState state;
    state.address = address_for(tid, interpreter);
    state.interpreter = interpreter;
    state.namespace_tid = tid;
    state.tid = tid;
    state.bound_gilstate = true;
    state.frames_complete = true;
    state.frames_fingerprint = state.address.value;
    auto& states = interpreter_of(look, interpreter).thread_states;
    return *states.insert(states.begin(), state);
}

void add_wakeup_chain(Snapshot& look) {
    look.python->signals.wakeup_fd = wakeup_fd;
    look.python->signals.sigint_handler = "default_int_handler";
    WakeupChain& chain = look.wakeup;
    chain.fd = wakeup_fd;
    chain.kind = WakeupKind::unix_socket;
    chain.link = "socket:[777]";
    chain.queued_bytes = 0;
    chain.queued_writes = 0;
    chain.capacity_writes = 6;
    chain.full = false;
    chain.has_peer = true;
    chain.reader_fd = reader_fd;
    chain.reader_pid = main_tid;
    chain.epoll_fd = epoll_fd;
    chain.armed = chain.watched = true;
    chain.polled_by = {{main_tid, epoll_fd}};
}

}  // namespace

Snapshot trio_process() {
    Snapshot look;
    look.process.pid = look.process.namespace_pid = look.process.asked_tid = main_tid;
    look.process.state = 'S';
    look.process.name = "python3.14";
    look.process.exe = "/usr/bin/python3.14";
    look.process.command_line = {"python3.14", "server.py"};
    look.process.caught = set_of({SIGINT});
    look.python.emplace();
    look.python->version = "3.14.8";
    look.python->version_hex = 0x030e08f0;
    look.python->initialized = true;
    look.python->main_tid = main_tid;
    look.python->gils.push_back(make_gil(0));
    add_interpreter(look, InterpreterKind::main);
    Thread& main = add_thread(look, main_tid, "MainThread");
    main.is_process_leader = true;
    sleep_in(main, "epoll_wait", WaitKind::event_loop, {epoll_fd, 0x7ffe0000, 64, 86'400'000, 0, 8});
    main.wait.limit = TimeLimit{true, 86'400'000, {}};
    wait_on_fd(main, epoll_fd, "anon_inode:[eventpoll]");
    set_frames(look, innermost_of(look, main_tid),
               {{"get_events", "/usr/lib/python3/dist-packages/trio/_core/_io_epoll.py", 243},
                {"run", "/usr/lib/python3/dist-packages/trio/_core/_run.py", 2535},
                {"<module>", "/srv/server.py", 31}});
    look.python->interpreters.back().running_main = innermost_of(look, main_tid).address;
    look.python->interpreters.back().running_main_tid = main_tid;
    look.python->main_thread_state = innermost_of(look, main_tid).address;
    add_wakeup_chain(look);
    return look;
}

Thread& add_thread(Snapshot& look, int tid, const std::string& name, std::int64_t interpreter) {
    Thread thread;
    thread.tid = thread.namespace_tid = tid;
    thread.name = "python3.14";
    thread.python_name = name;
    thread.run_ns = 100 * ns_per_ms;
    thread.slices = 50;
    sleep_in(thread, "futex", WaitKind::lock, {0x7fff0000, 0x189});
    look.threads.push_back(thread);
    ThreadState& state = add_state(look, interpreter, tid);
    state.python_name = name;
    if (tid != main_tid) {
        set_frames(look, state, {{"drive", "/srv/server.py", 9}, {"run", "/usr/lib/python3.14/threading.py", 1024}});
    }
    return look.threads.back();
}

Interpreter& add_interpreter(Snapshot& look, InterpreterKind kind) {
    Python& python = *look.python;
    Interpreter interpreter;
    interpreter.id = static_cast<std::int64_t>(python.interpreters.size());
    interpreter.address = {0x9000000 + static_cast<std::uint64_t>(interpreter.id) * 0x100000};
    interpreter.kind = kind;
    interpreter.gil = 0;
    if (kind == InterpreterKind::isolated) {
        interpreter.gil = static_cast<int>(python.gils.size());
        python.gils.push_back(make_gil(interpreter.gil));
    }
    python.gils[static_cast<std::size_t>(interpreter.gil)].interpreters.push_back(interpreter.id);
    return *python.interpreters.insert(python.interpreters.begin(), interpreter);
}

ThreadState& run_interpreter(Snapshot& look, std::int64_t interpreter, int tid) {
    innermost_of(look, tid).bound_gilstate = false;
    ThreadState& state = add_state(look, interpreter, tid);
    Interpreter& home = interpreter_of(look, interpreter);
    home.running_main = state.address;
    home.running_main_tid = tid;
    return state;
}

Thread& thread_of(Snapshot& look, int tid) {
    return *std::find_if(look.threads.begin(), look.threads.end(), [&](const Thread& t) { return t.tid == tid; });
}

ThreadState& innermost_of(Snapshot& look, int tid) {
    ThreadState* found = nullptr;
    for (Interpreter& interpreter : look.python->interpreters) {
        for (ThreadState& state : interpreter.thread_states) {
            if (state.tid == tid && (found == nullptr || state.bound_gilstate)) found = &state;
        }
    }
    return *found;
}

void set_frames(Snapshot& look, ThreadState& state, std::initializer_list<FrameAt> innermost_first) {
    state.frames.clear();
    for (const FrameAt& at : innermost_first) {
        auto& codes = look.python->codes;
        Code code{{0x5000 + codes.size() * 64}, at.function, at.function, at.file, at.line};
        Frame frame;
        frame.code = static_cast<std::uint32_t>(codes.size());
        frame.line = at.line;
        codes.push_back(std::move(code));
        state.frames.push_back(frame);
    }
}

void compute(Thread& thread) {
    thread.state = 'R';
    thread.on_cpu = true;
    thread.syscall.reset();
    thread.wait = {};
    thread.wait.kind = WaitKind::running;
}

void sleep_in(Thread& thread, std::string syscall, WaitKind kind, std::array<std::uint64_t, 6> args) {
    thread.state = 'S';
    thread.on_cpu = false;
    thread.syscall.emplace();
    thread.syscall->number = 1;
    thread.syscall->name = std::move(syscall);
    thread.syscall->args = args;
    thread.wait = {};
    thread.wait.kind = kind;
}

void wait_on_fd(Thread& thread, int fd, std::string link) {
    const std::optional<TimeLimit> limit = thread.wait.limit;
    thread.wait = wait_on(thread.wait.kind,
                          resource_of(ResourceKind::descriptor, static_cast<std::uint64_t>(fd), std::move(link)));
    thread.wait.limit = limit;
}

void hold_gil(Snapshot& look, int tid, int gil) {
    ThreadState& state = innermost_of(look, tid);
    state.holds_gil = true;
    state.status = ThreadStatus::attached;
    Gil& held = look.python->gils[static_cast<std::size_t>(gil)];
    held.locked = held.last_holder_alive = true;
    held.last_holder = state.address;
    held.last_holder_tid = tid;
    held.holder = state.address;
    held.holder_tid = tid;
}

void wait_for_gil(Snapshot& look, int tid, int gil) {
    Gil& wanted = look.python->gils[static_cast<std::size_t>(gil)];
    sleep_in(thread_of(look, tid), "futex", WaitKind::gil, {wanted.condition.start.value + 8, 0x89});
    thread_of(look, tid).wait = wait_on(WaitKind::gil, resource_of(ResourceKind::gil, static_cast<std::uint64_t>(gil)));
    wanted.waiters.push_back(tid);
    wanted.drop_requested = true;
}

Inspection looked_at_once(const Snapshot& look) {
    Inspection inspection;
    inspection.looks = {look};
    return inspection;
}

Inspection looked_at_twice(const Snapshot& look) {
    Inspection inspection = looked_at_once(look);
    inspection.interval_ms = 27;
    Snapshot later = look;
    later.started_ns += 27 * ns_per_ms;
    later.ended_ns += 27 * ns_per_ms;
    for (Thread& thread : later.threads) {
        const bool runs = thread.state == 'R';
        if (runs) thread.run_ns += 24 * ns_per_ms;
        if (runs || thread.wait.kind == WaitKind::gil) thread.slices += 5;
        if (runs) inspection.moved_tids.push_back(thread.tid);
    }
    inspection.looks.push_back(std::move(later));
    return inspection;
}

void move_frames(Snapshot& look, int tid) { ++innermost_of(look, tid).frames_fingerprint; }

Snapshot founding_hang() {
    Snapshot look = trio_process();
    const std::int64_t legacy = add_interpreter(look, InterpreterKind::legacy).id;
    compute(add_thread(look, driver_tid, "subint-driver[1]"));
    set_frames(look, run_interpreter(look, legacy, driver_tid),
               {{"match", "/usr/lib/python3.14/re/__init__.py", 167}, {"<module>", "<script>", 3}});
    hold_gil(look, driver_tid);
    return look;
}

Snapshot founding_hang_after_sigints() {
    Snapshot look = founding_hang();
    wait_for_gil(look, main_tid);
    look.python->signals.is_tripped = true;
    look.python->signals.tripped = {SIGINT};
    look.wakeup.queued_bytes = look.wakeup.queued_writes = 6;
    look.wakeup.full = true;
    look.wakeup.polled_by.clear();
    return look;
}

const Finding* find(const Diagnosis& diagnosis, std::string_view code) {
    const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                    [&](const Finding& finding) { return finding.code == code; });
    return found == diagnosis.findings.end() ? nullptr : &*found;
}

bool says(const Finding& finding, std::string_view text) {
    return std::any_of(finding.evidence.begin(), finding.evidence.end(),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace subint_doctor::tests
