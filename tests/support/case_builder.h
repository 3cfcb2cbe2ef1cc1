// Inspections made by hand, for rules and reports: start from a healthy trio program, add what is wrong, look twice.
//
//   Snapshot look = trio_process();
//   compute(add_thread(look, 4244, "worker"));
//   Inspection inspection = looked_at_twice(look);
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "subint_doctor/model/finding.h"

namespace subint_doctor::tests {

constexpr int main_tid = 4242;
constexpr int driver_tid = 4244;
constexpr int wakeup_fd = 7;
constexpr int reader_fd = 6;
constexpr int epoll_fd = 5;

struct FrameAt {
    std::string function;
    std::string file;
    int line = 0;
};

// One thread, MainThread, in trio's epoll_wait; interpreter 0; GIL 0 free; wakeup fd with 0 of 6 writes queued, armed;
// SIGINT and SIGTERM: the one caught, the other default.
Snapshot trio_process();

// A thread of threading with a detached thread state in `interpreter`, asleep on a lock. The reference is good until
// the next thread is added.
Thread& add_thread(Snapshot& look, int tid, const std::string& name, std::int64_t interpreter = 0);

// With the main GIL if legacy, with one of its own if isolated. No thread states.
Interpreter& add_interpreter(Snapshot& look, InterpreterKind kind);

// A further, innermost thread state of `tid`, in `interpreter`, which then runs its main there.
ThreadState& run_interpreter(Snapshot& look, std::int64_t interpreter, int tid);

Thread& thread_of(Snapshot& look, int tid);
ThreadState& innermost_of(Snapshot& look, int tid);
void set_frames(Snapshot& look, ThreadState& state, std::initializer_list<FrameAt> innermost_first);

void compute(Thread& thread);
void sleep_in(Thread& thread, std::string syscall, WaitKind kind, std::array<std::uint64_t, 6> args = {});
// It waits for this descriptor alone.
void wait_on_fd(Thread& thread, int fd, std::string link = "");
void hold_gil(Snapshot& look, int tid, int gil = 0);
void wait_for_gil(Snapshot& look, int tid, int gil = 0);

// Copies the look; the second one is 27 ms later, and whoever runs has used 24 ms of CPU time meanwhile.
Inspection looked_at_twice(const Snapshot& look);
Inspection looked_at_once(const Snapshot& look);

// The look's thread whose Python frames go on: same functions, another instruction.
void move_frames(Snapshot& look, int tid);

// A legacy sub-interpreter's driver thread computes in a regex with GIL 0 held; main is still in its epoll.
Snapshot founding_hang();

// Eight SIGINTs later: main waits for GIL 0, SIGINT is tripped, 6 of 6 writes are queued.
Snapshot founding_hang_after_sigints();

const Finding* find(const Diagnosis& diagnosis, std::string_view code);
// Any evidence line of the finding contains `text`.
bool says(const Finding& finding, std::string_view text);

}  // namespace subint_doctor::tests
