#include "process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "numbers.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr unsigned forked_flag = 0x00000040;  // PF_FORKNOEXEC, include/linux/sched.h
constexpr std::size_t longest_command_line = 64U << 10;

std::uint64_t in_ns(const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * ns_per_s + static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t age_ms(std::uint64_t start_ticks) {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    const auto ticks_per_s = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    const std::uint64_t started_ms = start_ticks * 1'000 / ticks_per_s;
    const std::uint64_t now_ms = in_ns(now) / 1'000'000;
    return now_ms - std::min(started_ms, now_ms);
}

// Each argument ends with a NUL.
std::vector<std::string> split_arguments(std::string_view text) {
    std::vector<std::string> arguments;
    while (!text.empty()) {
        const std::string_view argument = text.substr(0, text.find('\0'));
        arguments.emplace_back(argument);
        text.remove_prefix(std::min(argument.size() + 1, text.size()));
    }
    return arguments;
}

// Documentation/admin-guide/cgroup-v2.rst, cgroup.events
bool is_frozen(int proc) {
    std::string buffer;
    const Result<std::string_view> text = read_text(proc, "cgroup", buffer);
    if (!text || unified_cgroup(*text).empty()) return false;
    const std::string events = fmt::format("/sys/fs/cgroup{}/cgroup.events", unified_cgroup(*text));
    const Result<std::string_view> facts = read_text(AT_FDCWD, events.c_str(), buffer);
    return facts && facts->find("frozen 1") != std::string_view::npos;
}

bool same_file(const std::string& a, const std::string& b) {
    struct stat first {};
    struct stat second {};
    return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

std::string exe_of(int pid) { return fmt::format("/proc/{}/exe", pid); }

bool run_same_file(int a, int b) { return same_file(exe_of(a), exe_of(b)); }

// Another subint-doctor, whatever its file was renamed to, has that name.
std::string tracer_name(int pid) { return run_same_file(pid, getpid()) ? "subint-doctor" : command_name(pid); }

void set_status_facts(const StatusFacts& status, Process& process) {
    process.uid = status.uids[0];
    process.other_pid_namespace = status.namespace_depth > 1;
    process.tracer_pid = status.tracer_pid;
    if (status.tracer_pid != 0) process.tracer_name = tracer_name(status.tracer_pid);
    process.ignored = status.ignored;
    process.caught = status.caught;
    process.pending = status.shared_pending;
    process.seccomp_mode = status.seccomp_mode;
}

// The parent may end at any time; then init or a subreaper is the parent, and what it ignores says nothing of the past.
void set_family(const StatFacts& stat, Process& process) {
    process.parent_pid = stat.parent_pid;
    process.process_group = stat.process_group;
    process.session = stat.session;
    process.forked = (stat.flags & forked_flag) != 0;
    if (stat.has_terminal && stat.terminal_group > 0) process.terminal_group = stat.terminal_group;
    if (stat.parent_pid == 0) return;
    const Result<StatusFacts> parent = read_status(AT_FDCWD, fmt::format("/proc/{}/status", stat.parent_pid).c_str());
    if (!parent) return;
    process.parent_name = parent->name;
    process.parent_ignored = parent->ignored;
    process.parent_threads = parent->threads;
    process.parent_is_same_program = run_same_file(stat.parent_pid, process.pid);
}

void set_files(int proc, Process& process, std::vector<Unread>& unread) {
    Result<std::string> exe = read_link(proc, "exe");
    if (exe) {
        process.exe = std::move(*exe);
    } else {
        unread.push_back({Fact::executable, exe.error()});
    }
    Result<BoundedText> command_line = read_beginning(proc, "cmdline", longest_command_line);
    if (!command_line) {
        unread.push_back({Fact::command_line, command_line.error()});
        return;
    }
    process.command_line = split_arguments(command_line->text);
    if (!command_line->complete) {
        unread.push_back({Fact::command_line, {ErrorCode::limit, "reading cmdline, of which this is the beginning"}});
    }
}

}  // namespace

std::string_view unified_cgroup(std::string_view text) {
    constexpr std::string_view mark = "0::";
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.starts_with(mark)) return line.substr(mark.size());
    }
    return {};
}

std::string command_name(int pid) {
    std::string buffer;
    const Result<std::string_view> text = read_text(AT_FDCWD, fmt::format("/proc/{}/comm", pid).c_str(), buffer);
    if (!text || text->empty()) return {};
    return std::string(text->substr(0, text->size() - 1));
}

bool in_other_namespace(int proc, const char* kind) {
    const Result<std::string> ours = read_link(AT_FDCWD, fmt::format("/proc/self/ns/{}", kind).c_str());
    const Result<std::string> theirs = read_link(proc, fmt::format("ns/{}", kind).c_str());
    return ours && theirs && *ours != *theirs;
}

Result<Process> read_process(const PinnedProcess& patient, std::vector<Unread>& unread) {
    const int proc = patient.proc.fd();
    const Result<StatusFacts> status = read_status(proc);
    if (!status) return status.error();
    const Result<StatusFacts> leader = read_status(proc, fmt::format("task/{}/status", patient.pid).c_str());
    if (!leader) return leader.error();
    std::string buffer;
    const Result<std::string_view> stat = read_text(proc, fmt::format("task/{}/stat", patient.pid).c_str(), buffer);
    if (!stat) return stat.error();

    Process process;
    process.pid = patient.pid;
    process.asked_tid = patient.asked_tid;
    process.state = leader->state_letter();
    process.leader_is_zombie = leader->state_letter() == 'Z';
    process.name = leader->name;
    const StatFacts stat_facts = parse_stat(*stat);
    process.age_ms = age_ms(stat_facts.start_ticks);
    set_family(stat_facts, process);
    set_status_facts(*status, process);
    process.namespace_pid = leader->namespace_id != 0 ? leader->namespace_id : patient.pid;
    process.other_pid_namespace = process.other_pid_namespace || in_other_namespace(proc, "pid");
    process.other_net_namespace = in_other_namespace(proc, "net");
    process.other_time_namespace = in_other_namespace(proc, "time");
    process.frozen = is_frozen(proc);
    set_files(proc, process, unread);
    return process;
}

Result<std::uint64_t> read_process_cpu_ns(const PinnedProcess& patient) {
    clockid_t clock{};
    timespec used{};
    if (const int problem = clock_getcpuclockid(patient.pid, &clock); problem != 0) {
        const ErrorCode code = problem == ESRCH ? ErrorCode::no_such_process : ErrorCode::not_available;
        return Error{code, fmt::format("asking for the CPU time of process {}", patient.pid), {}, problem};
    }
    if (clock_gettime(clock, &used) != 0) {
        return Error{
            ErrorCode::no_such_process, fmt::format("reading the CPU time of process {}", patient.pid), {}, errno};
    }
    return in_ns(used);
}

}  // namespace subint_doctor::os
