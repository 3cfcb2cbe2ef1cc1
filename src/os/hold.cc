#include "hold.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <semaphore>
#include <system_error>
#include <thread>
#include <utility>

#include "arch.h"
#include "proc_file.h"
#include "subint_doctor/os/clock.h"

namespace subint_doctor::os {
namespace {

constexpr std::uint64_t poll_ns = 20'000;

long trace(__ptrace_request request, int tid, int signal = 0) {
    return ptrace(request, tid, nullptr, static_cast<std::intptr_t>(signal));
}

Error refusal(int problem, int tid, const char* what) {
    return proc_error(problem, fmt::format("{} thread {}", what, tid));
}

// The signal to let it go on with. With PTRACE_SEIZE a stop with an event (group-stop included) carries none that is
// still to be delivered; a stop without one is a signal on its way, which the detach must hand on.
int undelivered_signal(const siginfo_t& stop) {
    const int event = stop.si_status >> 8;
    return event == 0 ? stop.si_status : 0;
}

struct Stop {
    siginfo_t how{};
    std::uint64_t since_ns = 0;  // when it was last known to run: it stopped no earlier
};

// Until the thread has stopped, in whatever way. WNOWAIT leaves a signal on its way in the thread, so that it arrives
// even if we are killed during the hold.
Result<Stop> wait_for_stop(int tid, std::uint64_t deadline_ns) {
    const Clock& clock = system_clock();
    Stop stop;
    stop.since_ns = clock.now_ns();
    while (true) {
        const std::uint64_t now = clock.now_ns();
        if (waitid(P_PID, static_cast<id_t>(tid), &stop.how, WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) {
            return refusal(errno, tid, "waiting for");
        }
        if (stop.how.si_pid != 0 && (stop.how.si_code == CLD_TRAPPED || stop.how.si_code == CLD_STOPPED)) return stop;
        if (stop.how.si_pid != 0) return refusal(ESRCH, tid, "stopping");
        stop.since_ns = now;
        if (now >= deadline_ns) {
            return Error{ErrorCode::timeout,
                         fmt::format("stopping thread {}: it did not stop in time and runs on (it may sleep in the "
                                     "kernel, where nothing stops it)",
                                     tid)};
        }
        clock.sleep_until_ns(now + poll_ns);
    }
}

// It was running when it was chosen, but may have gone to sleep before it stopped: then it must not notice.
void let_call_go_on(int tid) {
    arch::Registers registers{};
    iovec range{&registers, sizeof registers};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace(2) takes the number in its pointer argument
    void* const set = reinterpret_cast<void*>(static_cast<std::uintptr_t>(NT_PRSTATUS));
    if (ptrace(PTRACE_GETREGSET, tid, set, &range) != 0 || !arch::restart_interrupted_call(registers)) return;
    ptrace(PTRACE_SETREGSET, tid, set, &range);
}

// A thread of ours does the tracing, because only the end of the tracer lets go of a thread that would not stop: its
// end, not that of the whole tool.
class ThreadHold final : public Hold {
public:
    ThreadHold(int tid, std::uint64_t deadline_ns) : tracer_([this, tid, deadline_ns] { run(tid, deadline_ns); }) {
        decided_.acquire();
    }
    ThreadHold(const ThreadHold&) = delete;
    ThreadHold& operator=(const ThreadHold&) = delete;
    ~ThreadHold() override {
        let_go_.release();
        tracer_.join();
        if (!outcome_.ok()) wait_for_end_of_tracer();
    }

    std::uint64_t since_ns() const override { return since_ns_; }
    const Status& outcome() const { return outcome_; }

private:
    void run(int tid, std::uint64_t deadline_ns) {
        tracer_tid_ = static_cast<pid_t>(syscall(SYS_gettid));
        const Result<Stop> stop = seize(tid, deadline_ns);
        if (stop) {
            since_ns_ = stop->since_ns;
            let_call_go_on(tid);
        } else {
            outcome_ = stop.error();
        }
        decided_.release();
        if (!stop) return;
        let_go_.acquire();
        trace(PTRACE_DETACH, tid, undelivered_signal(stop->how));
    }

    static Result<Stop> seize(int tid, std::uint64_t deadline_ns) {
        if (trace(PTRACE_SEIZE, tid) != 0) return refusal(errno, tid, "stopping");
        if (trace(PTRACE_INTERRUPT, tid) != 0) return refusal(errno, tid, "stopping");
        return wait_for_stop(tid, deadline_ns);
    }

    // join() returns a moment before the kernel lets go of what the thread traced (kernel/exit.c: exit_mm comes before
    // exit_notify); once its tid is no longer known, that is done too.
    void wait_for_end_of_tracer() const {
        const Clock& clock = system_clock();
        while (syscall(SYS_tgkill, getpid(), tracer_tid_, 0) == 0) clock.sleep_until_ns(clock.now_ns() + poll_ns);
    }

    Status outcome_ = Done{};
    std::uint64_t since_ns_ = 0;
    pid_t tracer_tid_ = 0;
    std::binary_semaphore decided_{0};
    std::binary_semaphore let_go_{0};
    std::thread tracer_;  // last: it uses what is above
};

}  // namespace

Result<std::unique_ptr<Hold>> hold_thread(int tid, std::uint64_t deadline_ns) {
    try {
        auto held = std::make_unique<ThreadHold>(tid, deadline_ns);
        if (!held->outcome().ok()) return held->outcome().error();
        return std::unique_ptr<Hold>(std::move(held));
    } catch (const std::system_error& error) {
        return Error{ErrorCode::not_available, "starting a thread", {}, error.code().value()};
    }
}

}  // namespace subint_doctor::os
