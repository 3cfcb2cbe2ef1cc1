// Holding threads for a moment. What holds is a process of its own, the tracer, which no Ctrl-Z, SIGSTOP or death of the
// tool leaves holding: it dies with the tool, and the kernel ends it soon after its deadline, whatever stopped it. So
// `work` runs in that process: what it writes is lost, and what it READ comes back as a recording.
//
//   auto held = patient.hold({.tids = {tid}, .stop_by_ns = now + second, .longest_ns = 5'000'000},
//                            [&](const MemoryReader& memory, auto) { walk(memory); });
//   if (held) use(walk(held->memory));  // the same bytes, while the thread runs on
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "subint_doctor/model/result.h"
#include "subint_doctor/os/recorded_memory.h"

namespace subint_doctor::os {

// General registers of a held thread.
struct Registers {
    Address instruction_pointer;
    Address stack_pointer;
    std::array<std::uint64_t, 34> all = {};  // as this machine's NT_PRSTATUS has them: 27 words on x86-64
};

enum class HoldOutcome { held, refused, not_of_this_process, did_not_stop };

struct HeldThread {
    int tid = 0;
    HoldOutcome outcome = HoldOutcome::did_not_stop;
    int errno_value = 0;  // of `refused`
    std::uint64_t since_ns = 0;  // CLOCK_MONOTONIC: when it was last known to run; it stopped no earlier
    std::uint64_t until_ns = 0;  // it runs again
    Registers registers;
};

struct HoldOrder {
    std::vector<int> tids;
    // So many stand still together, in the order's order, and the work runs once for each such group; 0: all of them. A
    // group that has not stopped within `longest_ns` is given up.
    std::size_t at_once = 0;
    // CLOCK_MONOTONIC. What has not stopped by then is given up and runs on (it has waited for a CPU, not been held).
    std::uint64_t stop_by_ns = 0;
    // From a group's first stop: half of it is for waiting until the others have stopped, and at its end reads fail with
    // `timeout`, so that `work` returns and all run on.
    std::uint64_t longest_ns = 0;
    std::uint64_t most_sum_ns =
        std::numeric_limits<std::uint64_t>::max();  // no group begins once the stops took this long
    std::size_t most_bytes = 1U << 20;  // recorded; reads beyond fail with `limit`
};

// Runs once before anything is held, with no threads, to have all of its own memory and code at hand when it counts
// (nothing of that is kept), then for each group while its `threads` stand still. It must not throw, lock or start threads.
using HoldWork = std::function<void(const MemoryReader& memory, std::span<const HeldThread> threads)>;

struct Held {
    std::vector<HeldThread> threads;  // in the order's order
    std::uint64_t longest_ns = 0;  // from the first stop of a group until all of it ran again: the longest
    std::uint64_t sum_ns = 0;  // ... of all groups together
    bool complete = false;  // no read was refused for lack of time or room
    RecordedMemory memory;  // what `work` read of the held threads' process
};

}  // namespace subint_doctor::os
