#include "tracer.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include "arch.h"
#include "live_memory.h"
#include "subint_doctor/os/clock.h"
#include "tracer_life.h"

namespace subint_doctor::os {
namespace {

// A thread on another CPU stops within microseconds, sooner than we could go to sleep and wake up.
constexpr std::uint64_t spin_ns = 50'000;
// The end of a sleep is known, the moment of a stop is not: what cannot be told apart counts as held.
constexpr std::uint64_t wait_step_ns = 20'000;

long trace(__ptrace_request request, int tid, int signal = 0) {
    return ptrace(request, tid, nullptr, static_cast<std::intptr_t>(signal));
}

long access_registers(__ptrace_request request, int tid, arch::Registers& registers) {
    iovec range{&registers, sizeof registers};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace(2) takes the number in its pointer argument
    return ptrace(request, tid, reinterpret_cast<void*>(static_cast<std::uintptr_t>(NT_PRSTATUS)), &range);
}

// The signal to let it go on with. With PTRACE_SEIZE a stop with an event (group-stop included) carries none that is
// still to be delivered; a stop without one is a signal on its way, which the detach must hand on.
int undelivered_signal(const siginfo_t& stop) {
    const int event = stop.si_status >> 8;
    return event == 0 ? stop.si_status : 0;
}

class Tracer {
public:
    explicit Tracer(const HoldTask& task) : task_(task), memory_(task.patient.live_tid), stops_(task.threads.size()) {}

    void run() {
        rehearse();
        put_off_end(task_.order.longest_ns);
        seize_all();
        wait_for_stops();
        if (board().since_ns != 0) do_work();
        let_go();
        board().released = true;
    }

private:
    HoldBoard& board() const { return task_.board; }

    // All pages that the work will write, and all that it will read of our own, are ours after this.
    void rehearse() {
        HeldThread nobody;
        const MemoryRecorder recorder(memory_, task_.recording, clock_, clock_.now_ns() + task_.order.longest_ns);
        task_.work(recorder, {&nobody, 0});
    }

    void seize_all() {
        for (HeldThread& thread : task_.threads) {
            if (trace(PTRACE_SEIZE, thread.tid) != 0 || trace(PTRACE_INTERRUPT, thread.tid) != 0) refuse(thread, errno);
        }
    }

    static void refuse(HeldThread& thread, int problem) {
        thread.outcome = HoldOutcome::refused;
        thread.errno_value = problem;
    }

    static bool is_awaited(const HeldThread& thread) { return thread.outcome == HoldOutcome::did_not_stop; }

    // Until all have stopped, in whatever way.
    void wait_for_stops() {
        const std::uint64_t begun = clock_.now_ns();
        std::uint64_t ran_at = begun;
        while (true) {
            put_off_end(task_.order.longest_ns);
            const std::uint64_t now = clock_.now_ns();
            for (std::size_t i = 0; i < stops_.size(); ++i) {
                if (is_awaited(task_.threads[i])) look_at(i, ran_at);
            }
            const std::uint64_t until = waits_until();
            if (now >= until || std::ranges::none_of(task_.threads, is_awaited)) return;
            if (now - begun >= spin_ns) sleep_until_stop(std::min(until - now, wait_step_ns));
            ran_at = now;
        }
    }

    std::uint64_t waits_until() const {
        const std::uint64_t stop_by = task_.order.stop_by_ns;
        return board().since_ns == 0 ? stop_by : std::min(stop_by, board().since_ns + task_.order.longest_ns / 2);
    }

    // WNOWAIT leaves a signal on its way in the thread, so that it arrives even if we are killed during the hold.
    void look_at(std::size_t i, std::uint64_t ran_at_ns) {
        HeldThread& thread = task_.threads[i];
        siginfo_t& stop = stops_[i];
        const int options = WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL;
        if (waitid(P_PID, static_cast<id_t>(thread.tid), &stop, options) != 0) return refuse(thread, errno);
        if (stop.si_pid == 0) return;
        if (stop.si_code != CLD_TRAPPED && stop.si_code != CLD_STOPPED) return refuse(thread, ESRCH);
        thread.since_ns = ran_at_ns;
        thread.outcome = HoldOutcome::held;
        if (!is_of_the_patient(thread.tid)) {
            thread.outcome = HoldOutcome::not_of_this_process;
            trace(PTRACE_DETACH, thread.tid, undelivered_signal(stop));
            return;
        }
        if (board().since_ns == 0) board().since_ns = ran_at_ns;
        take_registers(thread);
    }

    // A tid that was used again since it was chosen is in another process's folder. From the seizing on it cannot be
    // used again: its end would be ours to see first.
    bool is_of_the_patient(int tid) const {
        std::array<char, 32> path{};
        *fmt::format_to(path.data(), "task/{}", tid) = '\0';
        return faccessat(task_.patient.proc.fd(), path.data(), F_OK, 0) == 0;
    }

    // It was running when it was chosen, but may have gone to sleep before it stopped: then it must not notice.
    static void take_registers(HeldThread& thread) {
        arch::Registers registers{};
        if (access_registers(PTRACE_GETREGSET, thread.tid, registers) != 0) return;
        thread.registers = arch::plain(registers);
        if (arch::restart_interrupted_call(registers)) access_registers(PTRACE_SETREGSET, thread.tid, registers);
    }

    static void sleep_until_stop(std::uint64_t at_most_ns) {
        sigset_t child_stops;
        sigemptyset(&child_stops);
        sigaddset(&child_stops, SIGCHLD);
        const timespec limit{0, static_cast<long>(at_most_ns)};
        sigtimedwait(&child_stops, nullptr, &limit);
    }

    void do_work() {
        const std::uint64_t deadline = board().since_ns + task_.order.longest_ns;
        const MemoryRecorder recorder(memory_, task_.recording, clock_, deadline);
        task_.work(recorder, task_.threads);
        board().recorded_bytes = recorder.recorded_bytes();
        board().complete = recorder.complete();
    }

    // One that has not stopped cannot be detached: the end of the tracer lets it go.
    void let_go() {
        for (std::size_t i = 0; i < stops_.size(); ++i) {
            const HeldThread& thread = task_.threads[i];
            if (thread.outcome == HoldOutcome::held) trace(PTRACE_DETACH, thread.tid, undelivered_signal(stops_[i]));
        }
        board().until_ns = clock_.now_ns();
    }

    const HoldTask& task_;
    const Clock& clock_ = system_clock();
    LiveMemory memory_;
    std::vector<siginfo_t> stops_;
};

}  // namespace

void trace_and_exit(pid_t tool, const HoldTask& task) {
    if (!live_as_tracer(tool)) _exit(1);
    try {
        Tracer(task).run();
    } catch (const std::bad_alloc&) {
        _exit(1);  // and all that it holds runs on
    }
    _exit(0);
}

}  // namespace subint_doctor::os
