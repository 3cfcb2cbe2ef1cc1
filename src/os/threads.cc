#include "threads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <optional>
#include <unordered_map>

#include "proc_file.h"
#include "shared_work.h"
#include "syscall_names.h"
#include "thread_files.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t most_threads = 1U << 15;

// Reads the files of one thread after the other, below /proc/PID/task.
class TaskFolder {
public:
    // `folder` must outlive the reader.
    TaskFolder(const File& folder, CounterSource source) : folder_(folder), source_(source) {}

    Result<std::string_view> read(int tid, const char* file) {
        *fmt::format_to(path_.data(), "{}/{}", tid, file) = '\0';
        return read_text(folder_.fd(), path_.data(), buffer_);
    }

    // Empty: the thread is gone.
    std::optional<Counters> counters(int tid) {
        if (source_ == CounterSource::schedstat) {
            const Result<std::string_view> text = read(tid, "schedstat");
            return text ? parse_schedstat(*text) : std::nullopt;
        }
        const Result<std::string_view> text = read(tid, "status");
        if (!text) return std::nullopt;
        const StatusFacts status = parse_status(*text);
        return Counters{0, 0, status.voluntary_switches + status.involuntary_switches};
    }

private:
    const File& folder_;
    CounterSource source_;
    std::array<char, 64> path_ = {};
    std::string buffer_;
};

void set_counters(Thread& thread, const Counters& counters) {
    thread.run_ns = counters.run_ns;
    thread.queue_ns = counters.queue_ns;
    thread.slices = counters.slices;
}

bool same_counters(const Thread& thread, const Counters& counters) {
    return thread.run_ns == counters.run_ns && thread.slices == counters.slices;
}

// The counters of a thread on a CPU move at ticks only, so its state has a say.
bool may_run(const Thread& thread) { return thread.on_cpu || thread.state == 'R'; }

bool slept_since(const Thread& before, const Thread& now) {
    return !before.ran_while_read && !may_run(before) && same_counters(before, {now.run_ns, now.queue_ns, now.slices});
}

void take_over(const Thread& before, Thread& thread) {
    thread.namespace_tid = before.namespace_tid;
    thread.name = before.name;
    thread.state = before.state;
    thread.syscall = before.syscall;
    thread.wait_channel = before.wait_channel;
    thread.voluntary_switches = before.voluntary_switches;
    thread.involuntary_switches = before.involuntary_switches;
    thread.blocked = before.blocked;
    thread.pending = before.pending;
    thread.tracer_pid = before.tracer_pid;
}

// Returns why not, where the kernel does not tell.
std::optional<Error> read_place(TaskFolder& tasks, Thread& thread) {
    const Result<std::string_view> text = tasks.read(thread.tid, "syscall");
    if (!text) return text.error();
    thread.on_cpu = text->starts_with("running");
    if (thread.on_cpu) return std::nullopt;
    thread.syscall = parse_syscall(*text);
    const Result<std::string_view> channel = tasks.read(thread.tid, "wchan");
    if (channel && *channel != "0" && !channel->empty()) thread.wait_channel = std::string(*channel);
    if (thread.syscall) resolve_restart(*thread.syscall, thread.wait_channel.value_or(""));
    return std::nullopt;
}

Status read_status_facts(TaskFolder& tasks, Thread& thread) {
    const Result<std::string_view> text = tasks.read(thread.tid, "status");
    if (!text) return text.error();
    StatusFacts status = parse_status(*text);
    thread.name = std::move(status.name);
    thread.state = status.state_letter();
    thread.namespace_tid = status.namespace_id != 0 ? status.namespace_id : thread.tid;
    thread.voluntary_switches = status.voluntary_switches;
    thread.involuntary_switches = status.involuntary_switches;
    thread.blocked = status.blocked;
    thread.pending = status.pending;
    thread.tracer_pid = status.tracer_pid;
    return Done{};
}

bool is_end(const Error& error) { return error.code == ErrorCode::no_such_process; }

// False: the thread is gone. `refusal` is set where some of its facts may not be seen.
bool read_facts(TaskFolder& tasks, const Thread* before, Thread& thread, std::optional<Unread>& refusal) {
    if (before != nullptr && slept_since(*before, thread)) {
        take_over(*before, thread);
        return true;
    }
    std::optional<Error> hidden = read_place(tasks, thread);
    if (hidden && !is_end(*hidden)) refusal = Unread{Fact::system_calls, std::move(*hidden)};
    const Status status = read_status_facts(tasks, thread);
    if (status.ok()) return true;
    if (!is_end(status.error())) refusal = Unread{Fact::thread_status, status.error()};
    return !is_end(status.error());
}

bool is_gone(const Thread& thread) { return thread.tid == 0; }

class LiveThreadReading final : public ThreadReading {
public:
    LiveThreadReading(File folder, CounterSource source, const NumberList& list, int leader,
                      std::span<const Thread> previous)
        : folder_(std::move(folder)),
          source_(source),
          threads_(list.numbers.size()),
          refusals_(list.numbers.size()),
          list_is_complete_(list.complete) {
        for (const Thread& thread : previous) before_[thread.tid] = &thread;
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            threads_[i].tid = list.numbers[i];
            threads_[i].is_process_leader = list.numbers[i] == leader;
        }
        start(&LiveThreadReading::take_counters)->finish();
        found_none_ = std::ranges::all_of(threads_, is_gone);
        facts_ = start(&LiveThreadReading::read_facts_of);
    }

    bool found_none() const { return found_none_; }

    std::vector<Thread> finish(std::vector<Unread>& unread) override {
        facts_->finish();
        start(&LiveThreadReading::compare_counters)->finish();
        for (const Fact fact : {Fact::system_calls, Fact::thread_status}) {
            const auto first =
                std::ranges::find_if(refusals_, [&](const auto& found) { return found && found->fact == fact; });
            if (first != refusals_.end()) unread.push_back(**first);
        }
        if (has_no_memory_) {
            unread.push_back({Fact::thread_status, {ErrorCode::not_available, "getting memory", {}, ENOMEM}});
        }
        if (!list_is_complete_) {
            unread.push_back({Fact::thread_list, {ErrorCode::limit, "listing task, which is longer than expected"}});
        }
        std::erase_if(threads_, is_gone);
        return std::move(threads_);
    }

private:
    // Each returns false when the thread is gone.
    using Step = bool (LiveThreadReading::*)(TaskFolder& tasks, std::size_t i);

    bool take_counters(TaskFolder& tasks, std::size_t i) {
        const std::optional<Counters> counters = tasks.counters(threads_[i].tid);
        if (counters) set_counters(threads_[i], *counters);
        return counters.has_value();
    }

    bool read_facts_of(TaskFolder& tasks, std::size_t i) {
        const auto before = before_.find(threads_[i].tid);
        return read_facts(tasks, before == before_.end() ? nullptr : before->second, threads_[i], refusals_[i]);
    }

    bool compare_counters(TaskFolder& tasks, std::size_t i) {
        Thread& thread = threads_[i];
        const std::optional<Counters> counters = tasks.counters(thread.tid);
        if (!counters) return false;
        thread.ran_while_read = may_run(thread) || !same_counters(thread, *counters);
        set_counters(thread, *counters);
        return true;
    }

    void take_step(Step step, std::size_t begin, std::size_t end) {
        TaskFolder tasks(folder_, source_);
        for (std::size_t i = begin; i < end; ++i) {
            if (!is_gone(threads_[i]) && !(this->*step)(tasks, i)) threads_[i].tid = 0;
        }
    }

    std::unique_ptr<SharedWork> start(Step step) {
        return std::make_unique<SharedWork>(threads_.size(), [this, step](std::size_t begin, std::size_t end) {
            try {
                take_step(step, begin, end);
            } catch (const std::bad_alloc&) {
                has_no_memory_ = true;
            }
        });
    }

    File folder_;
    CounterSource source_;
    std::unordered_map<int, const Thread*> before_;
    std::vector<Thread> threads_;  // what is gone has lost its tid
    std::vector<std::optional<Unread>> refusals_;
    bool list_is_complete_;
    bool found_none_ = false;
    std::atomic<bool> has_no_memory_ = false;
    std::unique_ptr<SharedWork> facts_;  // last: it uses what is above
};

}  // namespace

CounterSource counter_source() {
    return access("/proc/self/schedstat", R_OK) == 0 ? CounterSource::schedstat : CounterSource::status;
}

Result<std::unique_ptr<ThreadReading>> begin_threads(const PinnedProcess& patient, CounterSource source,
                                                     std::span<const Thread> previous) {
    Result<File> folder = open_at(patient.proc.fd(), "task", O_RDONLY | O_DIRECTORY);
    if (!folder) return folder.error();
    Result<NumberList> tids = list_numbers(patient.proc.fd(), "task", most_threads);
    if (!tids) return tids.error();
    std::ranges::sort(tids->numbers, {}, [&](int tid) { return std::pair(tid != patient.pid, tid); });
    auto reading = std::make_unique<LiveThreadReading>(std::move(*folder), source, *tids, patient.pid, previous);
    if (reading->found_none()) {
        return Error{ErrorCode::no_such_process, fmt::format("process {} has ended", patient.pid)};
    }
    return std::unique_ptr<ThreadReading>(std::move(reading));
}

}  // namespace subint_doctor::os
