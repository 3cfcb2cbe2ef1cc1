// CPython's side of a look: what the runtime's own structures say. Plain data; addresses are names, never followed again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "subint_doctor/model/address.h"

namespace subint_doctor {

// A code object, once per look; frames refer to it by index, so equal stacks compare as integers.
struct Code {
    Address address;
    std::string name;
    std::string qualname;
    std::string file;
    int first_line = 0;
    std::uint64_t identity = 0;  // of its parts' addresses: at one address, two codes that differ in it are two

    bool operator==(const Code&) const = default;
};

struct Frame {
    std::uint32_t code = 0;  // index into Python::codes
    std::optional<int> line;  // 1-based; empty: this instruction has none
    std::optional<int> column;  // 0-based, in UTF-8 bytes of the source line

    bool operator==(const Frame&) const = default;
};

// One call of the interpreter's loop (_PyEval_EvalFrameDefault) and the frames that run in it.
struct EvalCall {
    Address shim;  // a frame of the interpreter's own among that call's local variables, on the C stack
    std::size_t frames = 0;  // of ThreadState::frames, those that follow on those of the calls before it

    bool operator==(const EvalCall&) const = default;
};

// What stands in the file of a frame now, at its line.
struct SourceLine {
    std::size_t frame = 0;  // index into ThreadState::frames
    std::string text;  // raw bytes, without the white space around it; cut after 200
    bool newer = false;  // the file was written after the process started: it may not be what runs

    bool operator==(const SourceLine&) const = default;
};

enum class ThreadStatus { detached, attached, suspended, shutting_down };  // _Py_THREAD_* in pycore_pystate.h

// Bits of PyThreadState.eval_breaker, Include/internal/pycore_ceval.h (3.13+).
enum EvalBreaker : std::uint32_t {
    gil_drop_request = 1U << 0,
    signals_pending = 1U << 1,
    calls_to_do = 1U << 2,
    async_exception = 1U << 3,
    gc_scheduled = 1U << 4,
    please_stop = 1U << 5,
    explicit_merge = 1U << 6,
    jit_invalidate_cold = 1U << 7,
};

struct ThreadState {
    Address address;
    std::int64_t interpreter = -1;  // its id
    std::uint64_t pthread_id = 0;  // tstate->thread_id
    int namespace_tid = 0;  // tstate->native_thread_id, in the patient's pid namespace
    std::optional<int> tid;  // the OS thread it belongs to; empty: no such thread any more
    ThreadStatus status = ThreadStatus::detached;
    bool bound_gilstate = false;  // _status.bound_gilstate: the one that runs on its OS thread, in 3.13+
    bool holds_gil = false;
    std::optional<bool> gil_requested;  // 3.15: it waits for the GIL
    int whence = -1;  // _PyThreadState_WHENCE_*: 3 threading, 5 exec
    std::uint32_t eval_breaker = 0;  // EvalBreaker bits, the low 8
    bool async_exception_pending = false;
    std::optional<std::string> python_name;  // threading.Thread._name, from its bootstrap frame
    std::optional<int> joined_namespace_tid;  // the thread whose end it waits for in threading.Thread.join
    Address stack_anchor;  // lowest C-stack address of its interpreter-owned frames; orders nested states
    Address current_frame;
    std::vector<Frame> frames;  // innermost first
    std::vector<EvalCall> eval_calls;  // innermost first; frames beyond those of all of them have an unknown one
    bool frames_complete = false;  // the walk reached the end of the chain
    std::uint64_t frames_fingerprint = 0;  // over frame addresses and instruction pointers: equal reads, equal stacks
    std::string frames_problem;  // why the walk stopped early; empty when complete
    std::optional<SourceLine> source;  // of the innermost frame that is the program's own; last look only
};

enum class InterpreterKind { main, legacy, isolated, other };

struct Interpreter {
    std::int64_t id = -1;
    Address address;
    InterpreterKind kind = InterpreterKind::other;
    std::string whence;  // "runtime", "legacy C API", "C API", "cross-interpreter", "stdlib", "unknown"
    int gil = -1;  // index into Python::gils
    bool finalizing = false;
    bool collecting = false;  // gc.collecting
    Address running_main;  // threads.main: the thread state that runs its __main__; 0: none
    std::optional<int> running_main_tid;
    std::vector<ThreadState> thread_states;  // as linked, newest first
};

struct Gil {
    int id = -1;  // position in Python::gils; 0 is the main interpreter's
    Address address;
    bool is_main = false;  // the main interpreter's, which legacy sub-interpreters share
    std::vector<std::int64_t> interpreters;
    bool enabled = true;  // free-threaded builds may run without
    bool locked = false;
    Address last_holder;  // a thread state, possibly freed long ago
    bool last_holder_alive = false;  // it is in some interpreter's list
    std::optional<int> last_holder_tid;
    std::optional<Address> holder;  // the thread state that holds it now
    std::optional<int> holder_tid;
    std::vector<int> waiters;  // tids, found by their futex address
    std::uint64_t switch_number = 0;
    std::uint64_t switch_interval_us = 0;
    bool drop_requested = false;  // the last holder's eval breaker asks it to let go
    AddressRange condition;  // its condition variable; a futex in here is a wait for this GIL
    AddressRange whole;
};

struct PythonSignals {
    int wakeup_fd = -1;  // -1: none set
    bool warn_on_full_buffer = false;
    bool is_tripped = false;
    std::vector<int> tripped;  // signal numbers whose Python handler is owed
    // SIGINT's Python-level handler, through partials and bound methods: "default_int_handler", a function's qualname,
    // "instance of C", "class C", "SIG_DFL", "SIG_IGN"
    std::optional<std::string> sigint_handler;
    std::optional<std::string> sigint_handler_module;  // "asyncio.runners"; empty where a function tells none
};

struct Python {
    std::uint64_t version_hex = 0;  // PY_VERSION_HEX
    std::string version;  // "3.14.8", "3.15.0rc1"
    bool debug = false;
    bool free_threaded = false;
    Address runtime;
    std::string layout_source;  // "debug-offsets" | "table"
    bool initialized = false;
    bool finalizing = false;  // the runtime's own flag
    std::uint64_t main_thread_pthread = 0;
    Address main_thread_state;  // _PyRuntime.main_tstate
    std::optional<int> main_tid;  // the OS thread that may run signal handlers
    PythonSignals signals;
    std::vector<Interpreter> interpreters;  // newest first, as linked
    std::vector<Gil> gils;
    std::vector<Code> codes;
};

}  // namespace subint_doctor
