#include "founding_report.h"

#include <csignal>

namespace subint_doctor::test {
namespace {

constexpr int main_tid = 4242;
constexpr int driver_tid = 4244;
constexpr Address outer_state{0x3000};
constexpr Address inner_state{0x2000};
constexpr Address main_state{0x1000};
constexpr SignalSet sigint{1U << (SIGINT - 1)};

Code code(const char* name, const char* file) { return {{}, name, name, file, 1}; }

ThreadState state_of(Address address, std::int64_t interpreter, int tid, std::vector<Frame> frames) {
    ThreadState state;
    state.address = address;
    state.interpreter = interpreter;
    state.tid = tid;
    state.frames = std::move(frames);
    state.frames_complete = true;
    return state;
}

Thread main_thread() {
    Thread thread;
    thread.tid = main_tid;
    thread.is_process_leader = true;
    thread.name = "python3.14";
    thread.python_name = "MainThread";
    thread.state = 'S';
    thread.run_ns = 5'400'000;
    thread.voluntary_switches = 12;
    thread.syscall = Syscall{202, "futex", {0xabc}, {}, {}};
    thread.wait_channel = "futex_do_wait";
    thread.wait = wait_on(WaitKind::gil, resource_of(ResourceKind::gil, 0));
    thread.wait.owner_tid = driver_tid;
    return thread;
}

Thread driver_thread() {
    Thread thread;
    thread.tid = driver_tid;
    thread.name = "python3.14";
    thread.python_name = "subint-driver[1]";
    thread.state = 'R';
    thread.on_cpu = true;
    thread.wait.kind = WaitKind::running;
    return thread;
}

Gil shared_gil() {
    Gil gil;
    gil.id = 0;
    gil.address = {0x5000};
    gil.is_main = true;
    gil.interpreters = {0, 1, 2};
    gil.locked = true;
    gil.last_holder = inner_state;
    gil.last_holder_alive = true;
    gil.last_holder_tid = driver_tid;
    gil.holder = inner_state;
    gil.holder_tid = driver_tid;
    gil.waiters = {main_tid};
    gil.switch_number = 1041;
    gil.switch_interval_us = 5000;
    gil.drop_requested = true;
    return gil;
}

Python founding_python() {
    Python python;
    python.version_hex = 0x030e08f0;
    python.version = "3.14.8";
    python.runtime = {0x9a0000};
    python.layout_source = "debug-offsets";
    python.main_thread_state = main_state;
    python.main_tid = main_tid;
    python.signals.wakeup_fd = 7;
    python.signals.is_tripped = true;
    python.signals.tripped = {SIGINT};
    python.signals.sigint_handler = "default_int_handler";
    python.codes = {code("get_events", "/usr/lib/python3/dist-packages/trio/_core/_io_epoll.py"),
                    code("run", "/usr/lib/python3/dist-packages/trio/_core/_run.py"),
                    code("<module>", "/srv/app/server.py"),
                    code("match", "/usr/lib/python3.14/re/__init__.py"),
                    code("<module>", "<script>"),
                    code("drive", "/srv/app/server.py"),
                    code("run", "/usr/lib/python3.14/threading.py")};
    Interpreter idle{2, {0x8200}, InterpreterKind::legacy, "stdlib", 0, false, false, {}, {}, {}};
    Interpreter sub{1, {0x8100}, InterpreterKind::legacy, "stdlib", 0, false, false, inner_state, driver_tid, {}};
    Interpreter main{0, {0x8000}, InterpreterKind::main, "runtime", 0, false, false, main_state, main_tid, {}};
    ThreadState inner = state_of(inner_state, 1, driver_tid, {{3, 167, 11}, {4, 3, 0}});
    inner.status = ThreadStatus::attached;
    inner.holds_gil = true;
    inner.eval_breaker = gil_drop_request;
    sub.thread_states = {inner};
    ThreadState waiting = state_of(main_state, 0, main_tid, {{0, 243, 20}, {1, 2535, 4}, {2, 31, 0}});
    waiting.eval_breaker = signals_pending;
    main.thread_states = {state_of(outer_state, 0, driver_tid, {{5, 9, 4}, {6, 1024, {}}}), waiting};
    python.interpreters = {idle, sub, main};
    python.gils = {shared_gil()};
    return python;
}

Snapshot founding_look() {
    Snapshot look;
    look.taken_at_unix_ms = 1'795'467'600'042;
    look.process.pid = main_tid;
    look.process.namespace_pid = main_tid;
    look.process.asked_tid = main_tid;
    look.process.name = "python3.14";
    look.process.exe = "/usr/bin/python3.14";
    look.process.command_line = {"python3.14", "-X", "dev", "/srv/app/server.py"};
    look.process.age_ms = 192'400;
    look.process.caught = sigint;
    look.threads = {main_thread(), driver_thread()};
    look.python = founding_python();
    look.wakeup.fd = 7;
    look.wakeup.kind = WakeupKind::unix_socket;
    look.wakeup.queued_bytes = 6;
    look.wakeup.queued_writes = 6;
    look.wakeup.capacity_writes = 6;
    look.wakeup.full = true;
    look.wakeup.reader_fd = 6;
    look.wakeup.reader_pid = main_tid;
    return look;
}

Finding cause() {
    Finding finding;
    finding.code = "gil-held-in-native-code";
    finding.severity = Severity::critical;
    finding.title = "A thread keeps the GIL in C code";
    finding.sentence =
        "Thread subint-driver[1] computes in C code and keeps GIL 0, so the main thread cannot run Python.";
    finding.evidence = {
        "subint-driver[1] (tid 4244) holds GIL 0, which interpreters 0, 1 and 2 share: same switch "
        "number 1041 in both looks"};
    finding.ruled_out = {"deadlock (the holder runs)", "stop or trace"};
    finding.advice = {{"wait", "if the call is known to end", ""},
                      {"kill -KILL 4242", "ends the process", "SIGTERM has the same fate as Ctrl-C"}};
    finding.tids = {driver_tid, main_tid};
    finding.interpreters = {1};
    return finding;
}

Finding symptom() {
    Finding finding;
    finding.code = "wakeup-fd-full";
    finding.severity = Severity::warning;
    finding.confidence = Confidence::likely;
    finding.title = "The signal wakeup fd is full";
    finding.sentence = "Nobody reads the signal wakeup fd 7.";
    finding.evidence = {"Wakeup fd 7 (unix socket): 6 of 6 writes queued, full"};
    finding.explanation = "Six is what this socket holds.";
    finding.advice = {{"kill -KILL 4242", "ends the process", "SIGTERM has the same fate as Ctrl-C"}};
    finding.tells_of_signals = true;
    finding.symptom_of = {"gil-held-in-native-code"};
    return finding;
}

}  // namespace

Inspection founding_inspection() {
    Inspection inspection;
    inspection.looks = {founding_look(), founding_look()};
    inspection.interval_ms = 27;
    inspection.moved_tids = {driver_tid};
    inspection.total_us = 31'000;
    return inspection;
}

Diagnosis founding_diagnosis() {
    Diagnosis diagnosis;
    diagnosis.findings = {cause(), symptom()};
    diagnosis.code = diagnosis.findings[0].code;
    diagnosis.sentence = diagnosis.findings[0].sentence;
    return diagnosis;
}

}  // namespace subint_doctor::test
