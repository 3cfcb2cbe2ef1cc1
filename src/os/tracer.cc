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
        const std::size_t all = task_.threads.size();
        const std::size_t at_once = task_.order.at_once == 0 ? all : task_.order.at_once;
        for (std::size_t first = 0; first < all; first += at_once) {
            if (first != 0 && is_over()) break;
            hold_group({first, std::min(all, first + at_once)});
        }
        board().complete = complete_;
        board().recorded_bytes = recorded_bytes_;
        board().released = true;
    }

private:
    struct Group {
        std::size_t first;  // of the task's threads
        std::size_t end;
    };

    bool is_over() const {
        return clock_.now_ns() >= task_.order.stop_by_ns || board().sum_ns >= task_.order.most_sum_ns;
    }
    HoldBoard& board() const { return task_.board; }
    std::span<HeldThread> threads_of(Group group) const {
        return task_.threads.subspan(group.first, group.end - group.first);
    }

    // All pages that the work will write, and all that it will read of our own, are ours after this.
    void rehearse() {
        HeldThread nobody;
        const MemoryRecorder recorder(memory_, task_.recording, clock_, clock_.now_ns() + task_.order.longest_ns);
        task_.work(recorder, {&nobody, 0});
    }

    void hold_group(Group group) {
        since_ns_ = 0;
        put_off_end(task_.order.longest_ns);
        seize(threads_of(group));
        wait_for_stops(group);
        if (since_ns_ != 0) do_work(group);
        let_go(group);
        let_late_ones_go(group);
    }

    static void seize(std::span<HeldThread> threads) {
        for (HeldThread& thread : threads) {
            if (trace(PTRACE_SEIZE, thread.tid) != 0 || trace(PTRACE_INTERRUPT, thread.tid) != 0) refuse(thread, errno);
        }
    }

    static void refuse(HeldThread& thread, int problem) {
        thread.outcome = HoldOutcome::refused;
        thread.errno_value = problem;
    }

    static bool is_awaited(const HeldThread& thread) { return thread.outcome == HoldOutcome::did_not_stop; }

    // Until all have stopped, in whatever way.
    void wait_for_stops(Group group) {
        const std::uint64_t begun = clock_.now_ns();
        std::uint64_t ran_at = begun;
        while (true) {
            put_off_end(task_.order.longest_ns);
            const std::uint64_t now = clock_.now_ns();
            for (std::size_t i = group.first; i < group.end; ++i) {
                if (is_awaited(task_.threads[i])) look_at(i, ran_at);
            }
            const std::uint64_t until = waits_until(begun);
            if (now >= until || std::ranges::none_of(threads_of(group), is_awaited)) return;
            if (now - begun >= spin_ns) sleep_until_stop(std::min(until - now, wait_step_ns));
            ran_at = now;
        }
    }

    std::uint64_t waits_until(std::uint64_t begun_ns) const {
        const std::uint64_t patience =
            task_.order.at_once == 0 ? task_.order.stop_by_ns : begun_ns + task_.order.longest_ns;
        const std::uint64_t stop_by = std::min(task_.order.stop_by_ns, patience);
        return since_ns_ == 0 ? stop_by : std::min(stop_by, since_ns_ + task_.order.longest_ns / 2);
    }

    // WNOWAIT leaves a signal on its way in the thread, so that it arrives even if we are killed during the hold.
    bool has_stopped(std::size_t i) {
        siginfo_t& stop = stops_[i];
        const int options = WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL;
        HeldThread& thread = task_.threads[i];
        if (waitid(P_PID, static_cast<id_t>(thread.tid), &stop, options) != 0) {
            refuse(thread, errno);
            return false;
        }
        if (stop.si_pid == 0) return false;
        const bool stopped = stop.si_code == CLD_TRAPPED || stop.si_code == CLD_STOPPED;
        if (!stopped) refuse(thread, ESRCH);
        return stopped;
    }

    void look_at(std::size_t i, std::uint64_t ran_at_ns) {
        if (!has_stopped(i)) return;
        HeldThread& thread = task_.threads[i];
        thread.since_ns = ran_at_ns;
        thread.outcome = HoldOutcome::held;
        if (!is_of_the_patient(thread.tid)) {
            thread.outcome = HoldOutcome::not_of_this_process;
            trace(PTRACE_DETACH, thread.tid, undelivered_signal(stops_[i]));
            return;
        }
        if (since_ns_ == 0) since_ns_ = ran_at_ns;
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

    void do_work(Group group) {
        const std::uint64_t deadline = since_ns_ + task_.order.longest_ns;
        const MemoryRecorder recorder(memory_, task_.recording.subspan(recorded_bytes_), clock_, deadline);
        task_.work(recorder, threads_of(group));
        recorded_bytes_ += recorder.recorded_bytes();
        complete_ = complete_ && recorder.complete();
    }

    void let_go(Group group) {
        for (std::size_t i = group.first; i < group.end; ++i) {
            HeldThread& thread = task_.threads[i];
            if (thread.outcome != HoldOutcome::held) continue;
            trace(PTRACE_DETACH, thread.tid, undelivered_signal(stops_[i]));
            thread.until_ns = clock_.now_ns();
        }
        if (since_ns_ == 0) return;
        const std::uint64_t held_ns = clock_.now_ns() - since_ns_;
        board().held_any = true;
        board().longest_ns = std::max(board().longest_ns, held_ns);
        board().sum_ns += held_ns;
    }

    // One that has not stopped cannot be detached: where it stops while other groups are held, it runs on at their end,
    // else at the end of the tracer.
    void let_late_ones_go(Group group) {
        for (std::size_t i = group.first; i < group.end; ++i) {
            if (is_awaited(task_.threads[i])) late_.push_back(i);
        }
        std::erase_if(late_, [&](std::size_t i) {
            if (!has_stopped(i)) return false;
            take_registers(task_.threads[i]);
            trace(PTRACE_DETACH, task_.threads[i].tid, undelivered_signal(stops_[i]));
            return true;
        });
    }

    const HoldTask& task_;
    const Clock& clock_ = system_clock();
    LiveMemory memory_;
    std::vector<siginfo_t> stops_;
    std::vector<std::size_t> late_;  // of the task's threads
    std::uint64_t since_ns_ = 0;  // a thread of this group stopped, no earlier; 0: none has
    std::size_t recorded_bytes_ = 0;
    bool complete_ = true;
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
