#include "subint_doctor/os/permissions.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "live_memory.h"
#include "numbers.h"
#include "pinned_process.h"
#include "proc_file.h"
#include "process.h"

namespace subint_doctor::os {
namespace {

constexpr int cap_sys_ptrace = 19;  // include/uapi/linux/capability.h
constexpr int longest_ancestry = 1'000;

bool process_vm_readv_works() {
    const int here = 42;
    const Result<int> read = read_value<int>(LiveMemory(getpid()), {reinterpret_cast<std::uint64_t>(&here)});
    return read && *read == here;
}

std::optional<int> read_yama_scope() {
    std::string buffer;
    Result<std::string_view> text = read_text(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", buffer);
    if (!text) return std::nullopt;
    return parse_decimal<int>(take_word(*text));
}

bool is_in_container() {
    // PROC_PID_INIT_INO, include/linux/proc_ns.h
    const Result<std::string> pid_namespace = read_link(AT_FDCWD, "/proc/self/ns/pid");
    if (pid_namespace && *pid_namespace != "pid:[4026531836]") return true;
    return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 ||
           std::getenv("container") != nullptr;
}

// ptrace_may_access() in kernel/ptrace.c asks for all three uids and gids.
bool has_our_ids(const StatusFacts& status) {
    for (std::size_t i = 0; i < 3; ++i) {
        if (status.uids[i] != geteuid() || status.gids[i] != getegid()) return false;
    }
    return true;
}

// The files of a process that is not dumpable belong to root (task_dump_owner() in fs/proc/base.c), so of root's own
// processes this cannot be told.
bool looks_dumpable(const PinnedProcess& patient, const StatusFacts& status) {
    struct stat facts {};
    return fstatat(patient.proc.fd(), "status", &facts, 0) != 0 || facts.st_uid == status.uids[1];
}

bool descends_from(int pid, int ancestor) {
    for (int n = 0; n < longest_ancestry && pid > 1; ++n) {
        if (pid == ancestor) return true;
        const Result<StatusFacts> status = read_status(AT_FDCWD, fmt::format("/proc/{}/status", pid).c_str());
        if (!status) return false;
        pid = status->parent_pid;
    }
    return false;
}

}  // namespace

MachinePermissions probe_machine() {
    MachinePermissions machine;
    machine.our_uid = geteuid();
    const Result<StatusFacts> self = read_status(AT_FDCWD, "/proc/self/status");
    machine.has_cap_sys_ptrace = self && ((self->effective_capabilities >> cap_sys_ptrace) & 1) != 0;
    machine.yama_scope = read_yama_scope();
    machine.process_vm_readv_works = process_vm_readv_works();
    machine.in_container = is_in_container();
    return machine;
}

Result<PatientPermissions> probe_patient(int pid) {
    const Result<PinnedProcess> patient = pin_process(pid);
    if (!patient) return patient.error();
    const int proc = patient->proc.fd();
    const Result<StatusFacts> status = read_status(proc);
    if (!status) return status.error();

    PatientPermissions facts;
    facts.pid = patient->pid;
    facts.name = patient->name;
    facts.state = status->state;
    facts.uid = status->uids[0];
    facts.same_user = has_our_ids(*status);
    facts.dumpable = looks_dumpable(*patient, *status);
    facts.tracer_pid = status->tracer_pid;
    if (facts.tracer_pid != 0) facts.tracer_name = command_name(facts.tracer_pid);
    facts.other_pid_namespace = status->namespace_depth > 1 || in_other_namespace(proc, "pid");
    facts.other_user_namespace = in_other_namespace(proc, "user");
    facts.descendant_of_ours = descends_from(patient->pid, getppid());
    facts.memory_errno = try_memory(patient->live_tid);
    facts.memory_readable = facts.memory_errno == 0;
    facts.can_stop = facts.memory_readable && facts.tracer_pid == 0;
    return facts;
}

}  // namespace subint_doctor::os
