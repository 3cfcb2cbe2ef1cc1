// What the tracer process of a hold does. The only place of ptrace(2) and of waiting for what it stops.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <span>

#include "pinned_process.h"
#include "subint_doctor/os/hold.h"

namespace subint_doctor::os {

// In memory that the tool and its tracer share; plain data, but for the last word.
struct HoldBoard {
    bool held_any = false;
    std::uint64_t longest_ns = 0;  // see Held
    std::uint64_t sum_ns = 0;
    bool complete = false;
    std::size_t recorded_bytes = 0;
    std::atomic<bool> released = false;  // all is said, and everything runs on
};

struct HoldTask {
    const PinnedProcess& patient;
    const HoldOrder& order;
    const HoldWork& work;
    HoldBoard& board;
    std::span<HeldThread> threads;  // shared, too; one for each tid of the order
    std::span<std::byte> recording;  // shared
};

// Called in a forked process of `tool`, which it leaves with _exit(2).
[[noreturn]] void trace_and_exit(pid_t tool, const HoldTask& task);

}  // namespace subint_doctor::os
