// The life of a tracer process: that it ends with the tool, and ends in time whatever stops it, so that what it holds
// runs on.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace subint_doctor::os {

// Once, at its beginning, in the forked process. False: the tool is dead already. Where the user may, it has a real-time
// priority from then on, else the shortest slice: what it waits for is a CPU, with a thread in its hands.
bool live_as_tracer(pid_t tool);

// The kernel kills this process (and so lets go of all that it traces) unless this is called again within `allowance_ns`
// and 50 ms. Timers run on where the process is stopped (SIGSTOP) or frozen by cgroup v2, and SIGKILL works there. In a
// freezer of cgroup v1 nothing does (kernel/freezer.c, __refrigerator(): it sleeps uninterruptibly).
void put_off_end(std::uint64_t allowance_ns);

}  // namespace subint_doctor::os
