#include "pinned_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "numbers.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr unsigned kernel_thread_flag = 0x00200000;  // PF_KTHREAD, include/linux/sched.h
constexpr std::size_t most_threads = 1U << 22;  // PID_MAX_LIMIT, include/linux/threads.h

bool is_dead(char state) { return state == 'Z' || state == 'X'; }

Error missing(int pid) {
    const bool hidden = kill(pid, 0) == 0 || errno == EPERM;
    if (!hidden) return {ErrorCode::no_such_process, fmt::format("there is no process {}", pid)};
    return {ErrorCode::not_permitted,
            fmt::format("cannot inspect process {}: /proc is mounted with hidepid and hides it from user {}", pid,
                        geteuid())};
}

Result<File> open_process(int pid) {
    Result<File> proc = open_at(AT_FDCWD, fmt::format("/proc/{}", pid).c_str(), O_RDONLY | O_DIRECTORY);
    if (!proc && proc.error().code == ErrorCode::no_such_process) return missing(pid);
    return proc;
}

// 0: none.
int find_living_thread(int proc) {
    const Result<NumberList> tids = list_numbers(proc, "task", most_threads);
    if (!tids) return 0;
    for (const int tid : tids->numbers) {
        const Result<StatusFacts> status = read_status(proc, fmt::format("task/{}/status", tid).c_str());
        if (status && !is_dead(status->state_letter())) return tid;
    }
    return 0;
}

Status go_to_living_thread(PinnedProcess& patient) {
    patient.live_tid = find_living_thread(patient.proc.fd());
    if (patient.live_tid == 0) {
        return Error{ErrorCode::no_such_process,
                     fmt::format("process {} is a zombie: it has ended, and its parent has not asked for its end yet",
                                 name_of(patient))};
    }
    Result<File> proc = open_process(patient.live_tid);
    if (!proc) return proc.error();
    patient.proc = std::move(*proc);
    return Done{};
}

Status refuse_kernel_thread(const PinnedProcess& patient) {
    std::string buffer;
    const Result<std::string_view> stat = read_text(patient.proc.fd(), "stat", buffer);
    if (!stat) return stat.error();
    if ((parse_stat(*stat).flags & kernel_thread_flag) == 0) return Done{};
    return Error{ErrorCode::not_python, fmt::format("process {} is a kernel thread", name_of(patient))};
}

}  // namespace

StatFacts parse_stat(std::string_view text) {
    constexpr int parent_field = 4;
    constexpr int group_field = 5;
    constexpr int session_field = 6;
    constexpr int terminal_field = 7;
    constexpr int terminal_group_field = 8;
    constexpr int flags_field = 9;
    constexpr int start_time_field = 22;
    StatFacts facts;
    // The name is in parentheses, raw, and may itself contain some; no field behind it does.
    text.remove_prefix(std::min(text.rfind(')'), text.size() - 1) + 1);
    for (int field = 3; field <= start_time_field; ++field) {
        const std::string_view word = take_word(text);
        if (field == parent_field) facts.parent_pid = parse_decimal<int>(word).value_or(0);
        if (field == group_field) facts.process_group = parse_decimal<int>(word).value_or(0);
        if (field == session_field) facts.session = parse_decimal<int>(word).value_or(0);
        if (field == terminal_field) facts.has_terminal = parse_decimal<int>(word).value_or(0) != 0;
        if (field == terminal_group_field) facts.terminal_group = parse_decimal<int>(word).value_or(-1);
        if (field == flags_field) facts.flags = parse_decimal<unsigned>(word).value_or(0);
        if (field == start_time_field) facts.start_ticks = parse_decimal<std::uint64_t>(word).value_or(0);
    }
    return facts;
}

Result<StatusFacts> read_status(int folder, const char* path) {
    std::string buffer;
    const Result<std::string_view> text = read_text(folder, path, buffer);
    if (!text) return text.error();
    return parse_status(*text);
}

Result<PinnedProcess> pin_process(int pid) {
    Result<File> proc = open_process(pid);
    if (!proc) return proc.error();
    const Result<StatusFacts> asked = read_status(proc->fd());
    if (!asked) return asked.error().code == ErrorCode::no_such_process ? missing(pid) : asked.error();

    PinnedProcess patient{asked->tgid, pid, asked->tgid, asked->name, std::move(*proc)};
    StatusFacts leader = *asked;
    if (patient.pid != pid) {
        Result<File> leaders = open_process(patient.pid);
        if (!leaders) return leaders.error();
        patient.proc = std::move(*leaders);
        const Result<StatusFacts> status = read_status(patient.proc.fd());
        if (!status) return status.error();
        leader = *status;
        patient.name = leader.name;
    }
    if (is_dead(leader.state_letter())) {
        if (const Status found = go_to_living_thread(patient); !found.ok()) return found.error();
    }
    if (const Status user_space = refuse_kernel_thread(patient); !user_space.ok()) return user_space.error();
    return patient;
}

std::string name_of(const PinnedProcess& patient) { return fmt::format("{} ({})", patient.pid, patient.name); }

}  // namespace subint_doctor::os
