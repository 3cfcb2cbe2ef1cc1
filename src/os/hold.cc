#include "hold.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "proc_file.h"
#include "subint_doctor/os/clock.h"
#include "tracer.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t most_threads = 4'096;
constexpr std::size_t most_recorded = 64U << 20;
constexpr std::uint64_t grace_ns = 200'000'000;  // for the tracer's beginning and its end
constexpr std::uint64_t ns_per_ms = 1'000'000;

// Memory shared with processes that we fork: a board, the threads, then the recording.
class SharedBoard {
public:
    explicit SharedBoard(const HoldOrder& order)
        : count_(order.tids.size()),
          size_(sizeof(HoldBoard) + count_ * sizeof(HeldThread) + order.most_bytes),
          start_(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
        if (!is_mapped()) return;
        new (start_) HoldBoard;
        std::uninitialized_value_construct(threads().begin(), threads().end());
        for (std::size_t i = 0; i < count_; ++i) threads()[i].tid = order.tids[i];
    }
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;
    ~SharedBoard() {
        if (is_mapped()) munmap(start_, size_);
    }

    bool is_mapped() const { return start_ != MAP_FAILED; }
    HoldBoard& board() const { return *static_cast<HoldBoard*>(start_); }
    std::span<HeldThread> threads() const {
        return {reinterpret_cast<HeldThread*>(bytes() + sizeof(HoldBoard)), count_};
    }
    std::span<std::byte> recording() const {
        const std::size_t before = sizeof(HoldBoard) + count_ * sizeof(HeldThread);
        return {bytes() + before, size_ - before};
    }

private:
    std::byte* bytes() const { return static_cast<std::byte*>(start_); }

    std::size_t count_;
    std::size_t size_;
    void* start_;
};

// Kills a process of ours where it has not ended by then, and reaps it unless it is stuck in the kernel: then it ends
// with what it is stuck in, or with us.
void end_by(pid_t tracer, std::uint64_t deadline_ns) {
    const Clock& clock = system_clock();
    const File pidfd(static_cast<int>(syscall(SYS_pidfd_open, tracer, 0)));
    const auto ends_by = [&](std::uint64_t when_ns) {
        pollfd end{pidfd.fd(), POLLIN, 0};
        while (true) {
            const std::uint64_t now = clock.now_ns();
            const std::uint64_t left_ms = now >= when_ns ? 0 : (when_ns - now) / ns_per_ms + 1;
            const int ended = poll(&end, 1, static_cast<int>(std::min<std::uint64_t>(left_ms, 1'000)));
            if (ended > 0 || left_ms == 0) return ended > 0;
        }
    };
    if (!ends_by(deadline_ns)) {
        kill(tracer, SIGKILL);
        if (!ends_by(clock.now_ns() + grace_ns)) return;
    }
    waitpid(tracer, nullptr, WNOHANG);
}

Error reason(const HeldThread& thread) {
    switch (thread.outcome) {
        case HoldOutcome::refused:
            return proc_error(thread.errno_value, fmt::format("stopping thread {}", thread.tid));
        case HoldOutcome::not_of_this_process:
            return {ErrorCode::no_such_process,
                    fmt::format("stopping thread {}: it has ended, and its number is another process's", thread.tid)};
        default:
            return {ErrorCode::timeout,
                    fmt::format("stopping thread {}: it did not stop in time and runs on (it may sleep in the kernel, "
                                "where nothing stops it)",
                                thread.tid)};
    }
}

Result<Held> collect(const SharedBoard& shared) {
    const HoldBoard& board = shared.board();
    if (!board.released) {
        return Error{ErrorCode::timeout, "holding threads: the hold did not end in time, and they run on"};
    }
    if (!board.held_any) return reason(shared.threads().front());
    Held held;
    held.threads.assign(shared.threads().begin(), shared.threads().end());
    held.longest_ns = board.longest_ns;
    held.sum_ns = board.sum_ns;
    held.complete = board.complete;
    held.memory = RecordedMemory(shared.recording().first(board.recorded_bytes));
    return held;
}

}  // namespace

Result<Held> hold_threads(const PinnedProcess& patient, const HoldOrder& order, const HoldWork& work) {
    if (order.tids.empty() || order.tids.size() > most_threads || order.most_bytes > most_recorded) {
        return Error{ErrorCode::limit, fmt::format("holding {} threads", order.tids.size())};
    }
    const SharedBoard shared(order);
    if (!shared.is_mapped()) return Error{ErrorCode::not_available, "sharing memory with a tracer", {}, errno};
    const HoldTask task{patient, order, work, shared.board(), shared.threads(), shared.recording()};
    const pid_t tool = getpid();
    const pid_t tracer = fork();
    if (tracer < 0) return Error{ErrorCode::not_available, "starting a process", {}, errno};
    if (tracer == 0) trace_and_exit(tool, task);
    end_by(tracer, std::max(system_clock().now_ns(), order.stop_by_ns) + order.longest_ns + grace_ns);
    return collect(shared);
}

}  // namespace subint_doctor::os
