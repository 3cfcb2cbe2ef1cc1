#include "inspectable.h"

namespace subint_doctor::cli {

Inspectable what_is_inspectable(const os::MachinePermissions& machine) {
    const int yama = machine.yama_scope.value_or(0);
    const bool is_root_in_container = machine.in_container && machine.our_uid == 0;
    const std::string remedy = is_root_in_container ? "Start this container with --cap-add=SYS_PTRACE." : "Use sudo.";
    if (!machine.process_vm_readv_works) {
        return {false, "This user can inspect no process: process_vm_readv(2) is refused.\n" +
                           std::string(machine.in_container ? "In a container, start it with --cap-add=SYS_PTRACE."
                                                            : "Leave the sandbox that forbids it.")};
    }
    if (yama >= 3) {
        return {false, "This user can inspect no process: kernel.yama.ptrace_scope is 3, until the next boot."};
    }
    if (machine.has_cap_sys_ptrace) return {true, "This user can inspect every process here."};
    if (yama == 2) {
        return {false, "This user can inspect no process: kernel.yama.ptrace_scope is 2.\n" + remedy};
    }
    // A process's ancestors, this tool never is one: it was started after the process.
    if (yama == 1) {
        return {false,
                "This user can inspect no process that does not allow it with prctl(PR_SET_PTRACER): "
                "kernel.yama.ptrace_scope is 1.\n" +
                    remedy};
    }
    return {true, "This user can inspect its own processes. For those of others: " + remedy};
}

}  // namespace subint_doctor::cli
