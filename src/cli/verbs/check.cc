// `subint-doctor check [PID...]`: may this user inspect (those processes on) this machine, and if not, how to mend it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iterator>
#include <memory>

#include "called_as.h"
#include "complain.h"
#include "inspectable.h"
#include "patients.h"
#include "subint_doctor/os/permissions.h"
#include "subint_doctor/report/escape.h"
#include "verb.h"

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
    list.row("tracer",
             patient.tracer_pid == 0 ? "none" : fmt::format("{} ({})", patient.tracer_pid, patient.tracer_name));
    list.row("pid namespace", patient.other_pid_namespace ? "another one" : "the same as here");
    list.row("user namespace", patient.other_user_namespace ? "another one" : "the same as here");
    list.row("memory", patient.memory_readable ? "readable" : "not readable");
    list.row("stopping its threads", patient.can_stop ? "allowed" : "not allowed");
}

ExitCode check_machine(const MachinePermissions& machine) {
    List list;
    list_machine(machine, list);
    const Inspectable verdict = what_is_inspectable(machine);
    return print(list.text() + "\n" + with_called_name(verdict.sentence) + "\n",
                 verdict.anything ? ExitCode::done : ExitCode::not_permitted);
}

ExitCode check_patient(const MachinePermissions& machine, int pid, List& list) {
    const Result<PatientPermissions> patient = os::probe_patient(pid);
    if (!patient) return complain_of(patient.error(), pid);
    list_patient(*patient, list);
    list.title("");
    const auto refusal = os::explain_refusal(machine, *patient, false);
    if (!refusal) {
        list.title(fmt::format("Process {} can be inspected: {} attach {}", pid, called_as(), pid));
        return ExitCode::done;
    }
    list.title(refusal->cause);
    list.title(with_called_name(refusal->remedy));
    return ExitCode::not_permitted;
}

ExitCode check(const Patients& patients) {
    const Result<std::vector<int>> pids = pids_of(patients);
    if (!pids) return complain(ExitCode::usage, describe(pids.error()), "see `subint-doctor check --help`");
    const MachinePermissions machine = os::probe_machine();
    if (pids->empty()) return check_machine(machine);
    List list;
    list_machine(machine, list);
    ExitCode code = ExitCode::done;
    bool any = false;
    for (const int pid : *pids) {
        const ExitCode one = check_patient(machine, pid, list);
        code = more_telling(code, one);
        any = any || one == ExitCode::done || one == ExitCode::not_permitted;
    }
    return any ? print(list.text(), code) : code;
}

Verb::Run offer(CLI::App& app) {
    const auto patients = std::make_shared<Patients>();
    add_patients(app, *patients);
    return [patients] { return check(*patients); };
}

}  // namespace

namespace verbs {

extern const Verb check{
    "check", "Say whether this user can inspect (those processes on) this machine",
    "Example:\n  subint-doctor check 4242\n\nExit status: 0 possible, 3 no such process, 4 not possible.", &offer};

}  // namespace verbs

}  // namespace subint_doctor::cli
