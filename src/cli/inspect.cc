#include "inspect.h"

#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "subint_doctor/os/live_target.h"

namespace subint_doctor::cli {
namespace {

// An inspection checks the time itself; this is for its last steps.
constexpr std::chrono::milliseconds grace{250};

bool thread_left = false;

struct Shared {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<Inspection>> outcome;
    capture::Progress progress;
};

Result<Inspection> look_at(int pid, const capture::Options& options, capture::Progress* progress) {
    try {
        const auto patient = os::open_live(pid);
        if (!patient) return patient.error();
        return capture::capture(**patient, options, os::system_clock(), progress);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::limit, "inspecting the process: out of memory"};
    }
}

// Signals that end us are for the thread that waits: this one may be where no signal reaches it.
class AllSignalsBlocked {
public:
    AllSignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    AllSignalsBlocked(const AllSignalsBlocked&) = delete;
    AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
    ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

bool start(int pid, const capture::Options& options, const std::shared_ptr<Shared>& shared) {
    // An arena of its own would grow by a system call for each page or so: a third more time on 500 threads.
    mallopt(M_ARENA_MAX, 1);
    const AllSignalsBlocked while_starting;
    try {
        std::thread([pid, options, shared] {
            Result<Inspection> outcome = look_at(pid, options, &shared->progress);
            const std::lock_guard lock(shared->mutex);
            shared->outcome = std::move(outcome);
            shared->done.notify_one();
        }).detach();
        return true;
    } catch (const std::system_error&) {
        return false;  // no thread to be had: then without one
    }
}

}  // namespace

Result<Inspection> inspect(int pid, const capture::Options& options) {
    const auto shared = std::make_shared<Shared>();
    if (!start(pid, options, shared)) return look_at(pid, options, nullptr);
    std::unique_lock lock(shared->mutex);
    const auto is_done = [&] { return shared->outcome.has_value(); };
    if (options.timeout_ms == 0) {
        shared->done.wait(lock, is_done);
    } else if (!shared->done.wait_for(lock, std::chrono::milliseconds(options.timeout_ms) + grace, is_done)) {
        thread_left = true;
        if (std::optional<Inspection> seen = shared->progress.latest()) {
            return capture::cut_short(std::move(*seen), "the time limit ended while the kernel kept a read waiting");
        }
        return Error{ErrorCode::timeout, fmt::format("inspecting process {}: not one look was finished in time", pid)};
    }
    return std::move(*shared->outcome);
}

bool left_a_thread_behind() { return thread_left; }

}  // namespace subint_doctor::cli
