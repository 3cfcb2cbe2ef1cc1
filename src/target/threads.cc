#include "threads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "proc_file.h"
#include "syscall_names.h"
#include "thread_files.h"

namespace subint_doctor::target {
namespace {

constexpr std::size_t most_threads = 1U << 16;

// Reads the files of one thread after the other, below /proc/PID/task.
class TaskFolder {
public:
    TaskFolder(File folder, CounterSource source) : folder_(std::move(folder)), source_(source) {}

    Result<std::string_view> read(int tid, const char* file) {
        *fmt::format_to(path_.data(), "{}/{}", tid, file) = '\0';
        return read_small(folder_.fd(), path_.data(), buffer_);
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
    File folder_;
    CounterSource source_;
    std::array<char, 64> path_ = {};
    std::string buffer_;
};

Result<TaskFolder> open_tasks(const Patient& patient, CounterSource source) {
    Result<File> folder = open_at(patient.proc.fd(), "task", O_RDONLY | O_DIRECTORY);
    if (!folder) return folder.error();
    return TaskFolder(std::move(*folder), source);
}

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

bool read_status_facts(TaskFolder& tasks, Thread& thread) {
    const Result<std::string_view> text = tasks.read(thread.tid, "status");
    if (!text) return false;
    StatusFacts status = parse_status(*text);
    thread.name = std::move(status.name);
    thread.state = status.state_letter();
    thread.namespace_tid = status.namespace_id != 0 ? status.namespace_id : thread.tid;
    thread.voluntary_switches = status.voluntary_switches;
    thread.involuntary_switches = status.involuntary_switches;
    thread.blocked = status.blocked;
    thread.pending = status.pending;
    thread.tracer_pid = status.tracer_pid;
    return true;
}

// False: the thread is gone. `refusal` is set where its system call may not be seen.
bool finish_thread(TaskFolder& tasks, const Thread* before, Thread& thread, std::optional<Error>& refusal) {
    if (before != nullptr && slept_since(*before, thread)) {
        take_over(*before, thread);
    } else {
        std::optional<Error> hidden = read_place(tasks, thread);
        if (hidden && hidden->code != ErrorCode::no_such_process) refusal = std::move(hidden);
        if (!read_status_facts(tasks, thread)) return false;
    }
    const std::optional<Counters> after = tasks.counters(thread.tid);
    if (!after) return false;
    thread.ran_while_read = may_run(thread) || !same_counters(thread, *after);
    set_counters(thread, *after);
    return true;
}

}  // namespace

CounterSource counter_source() {
    return access("/proc/self/schedstat", R_OK) == 0 ? CounterSource::schedstat : CounterSource::status;
}

Result<std::vector<Thread>> begin_threads(const Patient& patient, CounterSource source) {
    Result<TaskFolder> tasks = open_tasks(patient, source);
    if (!tasks) return tasks.error();
    Result<std::vector<int>> tids = list_numbers(patient.proc.fd(), "task", most_threads);
    if (!tids) return tids.error();
    std::ranges::sort(*tids, {}, [&](int tid) { return std::pair(tid != patient.pid, tid); });

    std::vector<Thread> threads;
    threads.reserve(tids->size());
    for (const int tid : *tids) {
        const std::optional<Counters> counters = tasks->counters(tid);
        if (!counters) continue;
        Thread& thread = threads.emplace_back();
        thread.tid = tid;
        thread.is_process_leader = tid == patient.pid;
        set_counters(thread, *counters);
    }
    if (threads.empty()) return Error{ErrorCode::no_such_process, fmt::format("process {} has ended", patient.pid)};
    return threads;
}

void finish_threads(const Patient& patient, CounterSource source, std::vector<Thread>& threads,
                    std::span<const Thread> previous, std::vector<Gap>& gaps) {
    Result<TaskFolder> tasks = open_tasks(patient, source);
    if (!tasks) {
        threads.clear();
        return;
    }
    std::unordered_map<int, const Thread*> before;
    for (const Thread& thread : previous) before[thread.tid] = &thread;
    std::optional<Error> refusal;
    std::erase_if(threads, [&](Thread& thread) {
        const auto found = before.find(thread.tid);
        return !finish_thread(*tasks, found == before.end() ? nullptr : found->second, thread, refusal);
    });
    if (refusal) gaps.push_back({"threads.syscall", describe(*refusal), true});
}

}  // namespace subint_doctor::target
