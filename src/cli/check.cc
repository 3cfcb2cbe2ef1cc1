#include "check.h"

#include <fmt/format.h>

#include <iterator>

#include "complain.h"
#include "output.h"
#include "pid.h"
#include "subint_doctor/os/permissions.h"
#include "subint_doctor/report/escape.h"

namespace subint_doctor::cli {
namespace {

using os::MachinePermissions;
using os::PatientPermissions;

class List {
public:
    void title(const std::string& text) { text_ += report::visible(text) + "\n"; }
    void row(std::string_view what, const std::string& fact) {
        fmt::format_to(std::back_inserter(text_), "  {:<26}{}\n", what, report::visible(fact));
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

// Documentation/admin-guide/LSM/Yama.rst
std::string yama_text(std::optional<int> scope) {
    if (!scope) return "not in this kernel";
    constexpr std::string_view meaning[] = {"any process of the same user", "descendants only, or CAP_SYS_PTRACE",
                                            "CAP_SYS_PTRACE only", "nobody, until the next boot"};
    if (*scope < 0 || *scope > 3) return std::to_string(*scope);
    return fmt::format("{} ({})", *scope, meaning[*scope]);
}

void list_machine(const MachinePermissions& machine, List& list) {
    list.title("This machine and user");
    list.row("user", machine.our_uid == 0 ? "0 (root)" : std::to_string(machine.our_uid));
    list.row("CAP_SYS_PTRACE", machine.has_cap_sys_ptrace ? "yes" : "no");
    list.row("Yama ptrace_scope", yama_text(machine.yama_scope));
    list.row("process_vm_readv", machine.process_vm_readv_works ? "works" : "refused, even on this process itself");
    list.row("in a container", machine.in_container ? "yes" : "no");
}

void list_patient(const PatientPermissions& patient, List& list) {
    list.title(fmt::format("Process {} ({})", patient.pid, patient.name));
    list.row("state", patient.state);
    list.row("user", fmt::format("{}{}", patient.uid, patient.same_user ? ", the same as here" : ", not the one here"));
    list.row("dumpable", patient.dumpable ? "yes" : "no (PR_SET_DUMPABLE, or a setuid program)");
    list.row("started by this shell", patient.descendant_of_ours ? "yes" : "no");
    list.row("tracer",
             patient.tracer_pid == 0 ? "none" : fmt::format("{} ({})", patient.tracer_pid, patient.tracer_name));
    list.row("pid namespace", patient.other_pid_namespace ? "another one" : "the same as here");
    list.row("user namespace", patient.other_user_namespace ? "another one" : "the same as here");
    list.row("memory", patient.memory_readable ? "readable" : "not readable");
    list.row("stopping its threads", patient.can_stop ? "allowed" : "not allowed");
}

ExitCode print(const std::string& text, ExitCode code) {
    const Status written = write_output("", text);
    if (!written.ok()) return complain(ExitCode::not_written, describe(written.error()), "");
    return code;
}

ExitCode check_machine(const MachinePermissions& machine) {
    List list;
    list_machine(machine, list);
    const bool all = machine.process_vm_readv_works && machine.has_cap_sys_ptrace;
    const bool restricted = machine.yama_scope.value_or(0) > 0;
    std::string verdict = "This user can inspect every process here.";
    if (!machine.process_vm_readv_works) {
        verdict =
            "This user can inspect no process: process_vm_readv(2) is refused.\n"
            "In a container, start it with --cap-add=SYS_PTRACE.";
    } else if (!all) {
        verdict = restricted ? "This user cannot inspect processes that it did not start from here; use sudo."
                             : "This user can inspect its own processes; use sudo for those of others.";
    }
    const bool possible = machine.process_vm_readv_works && (all || machine.yama_scope.value_or(0) < 2);
    return print(list.text() + "\n" + verdict + "\n", possible ? ExitCode::done : ExitCode::not_permitted);
}

}  // namespace

ExitCode check(const std::string& pid_text) {
    const MachinePermissions machine = os::probe_machine();
    if (pid_text.empty()) return check_machine(machine);
    const std::optional<int> pid = parse_pid(pid_text);
    if (!pid) return complain(ExitCode::usage, fmt::format("'{}' is not a process id", pid_text), "");
    const Result<PatientPermissions> patient = os::probe_patient(*pid);
    if (!patient) return complain_of(patient.error(), *pid);

    List list;
    list_machine(machine, list);
    list_patient(*patient, list);
    list.title("");
    const auto refusal = os::explain_refusal(machine, *patient, false);
    if (!refusal) {
        list.title(fmt::format("Process {} can be inspected: subint-doctor attach {}", *pid, *pid));
        return print(list.text(), ExitCode::done);
    }
    list.title(refusal->cause);
    list.title(refusal->remedy);
    return print(list.text(), ExitCode::not_permitted);
}

}  // namespace subint_doctor::cli
