#include "tracer_life.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace subint_doctor::os {
namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr std::uint64_t grace_ns = 50'000'000;

timer_t dead_mans_timer{};
bool has_timer = false;

// include/uapi/linux/sched/types.h; glibc 2.36 has no sched_setattr().
struct SchedulingAttributes {
    std::uint32_t size = sizeof(SchedulingAttributes);
    std::uint32_t policy = SCHED_OTHER;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime_ns = 0;
    std::uint64_t deadline_ns = 0;
    std::uint64_t period_ns = 0;
};

// A thread of the ordinary class that asks for a short slice has it soon (Linux 6.12: kernel/sched/syscalls.c).
void be_prompt() {
    constexpr std::uint64_t shortest_slice_ns = 100'000;
    const sched_param lowest{.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &lowest) == 0) return;
    SchedulingAttributes attributes;
    attributes.nice = getpriority(PRIO_PROCESS, 0);
    attributes.runtime_ns = shortest_slice_ns;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace

bool live_as_tracer(pid_t tool) {
    be_prompt();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != tool) return false;
    // No job control: a session of its own, and no signal but the two that nothing blocks.
    setsid();
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    signal(SIGCHLD, SIG_DFL);  // ignored, it would not tell of stops
    sigevent kill_us{};
    kill_us.sigev_notify = SIGEV_SIGNAL;
    kill_us.sigev_signo = SIGKILL;
    has_timer = timer_create(CLOCK_MONOTONIC, &kill_us, &dead_mans_timer) == 0;
    return has_timer;
}

void put_off_end(std::uint64_t allowance_ns) {
    const std::uint64_t in_ns = allowance_ns + grace_ns;
    itimerspec end{};
    end.it_value.tv_sec = static_cast<time_t>(in_ns / ns_per_s);
    end.it_value.tv_nsec = static_cast<long>(in_ns % ns_per_s);
    if (has_timer) timer_settime(dead_mans_timer, 0, &end, nullptr);
}

}  // namespace subint_doctor::os
