// Which gate refused: the order of __ptrace_may_access() in kernel/ptrace.c, then Yama's.
#include <fmt/format.h>

#include <system_error>

#include "subint_doctor/os/permissions.h"

namespace subint_doctor::os {
namespace {

std::string with_sudo(const PatientPermissions& patient) {
    return fmt::format("run it as root: sudo subint-doctor attach {}", patient.pid);
}

std::string with_capability(const MachinePermissions& machine, const PatientPermissions& patient) {
    if (!machine.in_container || machine.our_uid != 0) return with_sudo(patient);
    return "start this container with --cap-add=SYS_PTRACE (Kubernetes: securityContext.capabilities.add), or run "
           "subint-doctor as root on the host";
}

Refusal refused_everywhere(const MachinePermissions& machine) {
    return {"process_vm_readv(2) is forbidden to this tool, even on itself (a seccomp profile, or a kernel without it)",
            machine.in_container
                ? "start this container with --cap-add=SYS_PTRACE, which opens Docker's seccomp profile "
                  "too, or run subint-doctor on the host"
                : "run subint-doctor outside of the sandbox that forbids it"};
}

Refusal refused_by_user(const MachinePermissions& machine, const PatientPermissions& patient) {
    std::string cause = patient.uid == machine.our_uid
                            ? fmt::format("its group ids, or its effective or saved user ids, are not those of user {}",
                                          machine.our_uid)
                            : fmt::format("it belongs to user {} and this is user {}", patient.uid, machine.our_uid);
    if (machine.our_uid == 0) cause += ", root without CAP_SYS_PTRACE";
    return {std::move(cause), with_capability(machine, patient)};
}

Refusal refused_by_yama(int scope, const MachinePermissions& machine, const PatientPermissions& patient) {
    if (scope >= 3) {
        return {"kernel.yama.ptrace_scope is 3: nobody may inspect another process until the next boot",
                "boot without that setting (see /etc/sysctl.d)"};
    }
    if (scope == 2) {
        return {"kernel.yama.ptrace_scope is 2: only CAP_SYS_PTRACE may inspect another process",
                with_capability(machine, patient)};
    }
    return {"kernel.yama.ptrace_scope is 1: only a process's ancestors may inspect it",
            with_capability(machine, patient) +
                "; or sysctl kernel.yama.ptrace_scope=0; or let it call prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY)"};
}

Refusal refused_otherwise(const MachinePermissions& machine, const PatientPermissions& patient) {
    const std::string reason = std::generic_category().message(patient.memory_errno);
    if (machine.has_cap_sys_ptrace) {
        return {fmt::format("the kernel refused ({}) in spite of CAP_SYS_PTRACE: a security module (SELinux, AppArmor) "
                            "forbids it",
                            reason),
                "see the kernel's log for a denial: dmesg | grep -i denied"};
    }
    return {fmt::format("the kernel refused ({}): it has capabilities that this user lacks, or a security module "
                        "(SELinux, AppArmor) forbids it",
                        reason),
            with_capability(machine, patient)};
}

Refusal find_gate(const MachinePermissions& machine, const PatientPermissions& patient) {
    const int yama = machine.yama_scope.value_or(0);
    const bool capable = machine.has_cap_sys_ptrace && !patient.other_user_namespace;
    if (!machine.process_vm_readv_works) return refused_everywhere(machine);
    if (machine.has_cap_sys_ptrace && patient.other_user_namespace && !patient.same_user) {
        return {"it lives in a user namespace over which this one has no rights",
                "run subint-doctor as root on the host, outside of containers"};
    }
    if (!patient.same_user && !capable) return refused_by_user(machine, patient);
    if (!patient.dumpable && !capable) {
        return {"it is not dumpable (it called prctl(PR_SET_DUMPABLE, 0), or is a setuid program)",
                with_capability(machine, patient)};
    }
    if (yama >= 3 || (yama >= 1 && !capable)) return refused_by_yama(yama, machine, patient);
    return refused_otherwise(machine, patient);
}

}  // namespace

std::optional<Refusal> explain_refusal(const MachinePermissions& machine, const PatientPermissions& patient,
                                       bool needs_stop) {
    const std::string process = fmt::format("process {} ({})", patient.pid, patient.name);
    if (!patient.memory_readable) {
        Refusal refusal = find_gate(machine, patient);
        refusal.cause = fmt::format("cannot inspect {}: {}", process, refusal.cause);
        return refusal;
    }
    if (!needs_stop || patient.tracer_pid == 0) return std::nullopt;
    return Refusal{fmt::format("cannot stop {}: it is traced by process {} ({}) already", process, patient.tracer_pid,
                               patient.tracer_name),
                   fmt::format("detach that tracer first, or end it: kill {}", patient.tracer_pid)};
}

}  // namespace subint_doctor::os
