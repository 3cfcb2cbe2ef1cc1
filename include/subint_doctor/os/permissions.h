// Why the kernel lets or does not let this user inspect a process: the gates of ptrace(2), "Ptrace access mode
// checking", one by one. Facts only; cli turns them into advice.
#pragma once

#include <optional>
#include <string>

#include "subint_doctor/model/result.h"

namespace subint_doctor::os {

struct MachinePermissions {
    unsigned our_uid = 0;
    bool has_cap_sys_ptrace = false;  // effective
    std::optional<int> yama_scope;  // empty: no Yama in this kernel
    bool process_vm_readv_works = false;  // on ourselves; seccomp profiles of containers forbid it
    bool in_container = false;  // we are not in the initial pid namespace, or a container's mark is present
};

struct PatientPermissions {
    int pid = 0;
    std::string name;
    std::string state;  // "S (sleeping)", as in status
    unsigned uid = 0;  // real
    bool same_user = false;  // all of its uids and gids are our fs ones
    bool dumpable = true;  // false: prctl(PR_SET_DUMPABLE) or a setuid program
    int tracer_pid = 0;
    std::string tracer_name;
    bool other_pid_namespace = false;
    bool other_user_namespace = false;
    bool descendant_of_ours = false;  // of this tool's parent shell: what Yama scope 1 asks about
    bool memory_readable = false;  // tried, one byte
    int memory_errno = 0;  // of that try
    bool can_stop = false;  // tracer-free, and the same gates: a stop would be allowed
};

MachinePermissions probe_machine();
Result<PatientPermissions> probe_patient(int pid);

// One line: the exact gate that refused, and one line what to do about it. `needs_stop`: another tracer matters only
// for what must stop threads.
struct Refusal {
    std::string cause;
    std::string remedy;
};
std::optional<Refusal> explain_refusal(const MachinePermissions& machine, const PatientPermissions& patient,
                                       bool needs_stop);

}  // namespace subint_doctor::os
