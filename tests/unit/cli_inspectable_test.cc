#include <gtest/gtest.h>

#include "inspectable.h"

namespace subint_doctor::cli {
namespace {

// A process of this user that the kernel refuses exactly where find_gate() knows a reason.
bool own_process_is_refused_by_a_gate(const os::MachinePermissions& machine) {
    os::PatientPermissions patient;
    patient.same_user = true;
    patient.uid = machine.our_uid;
    const auto refusal = os::explain_refusal(machine, patient, false);
    return refusal && refusal->cause.find("the kernel refused") == std::string::npos;
}

TEST(WhatIsInspectable, AgreesWithTheGateOfAProcessOfOnesOwn) {
    for (const int scope : {-1, 0, 1, 2, 3}) {
        for (const bool capable : {false, true}) {
            for (const bool readable : {false, true}) {
                os::MachinePermissions machine;
                machine.our_uid = 1000;
                if (scope >= 0) machine.yama_scope = scope;
                machine.has_cap_sys_ptrace = capable;
                machine.process_vm_readv_works = readable;
                const Inspectable verdict = what_is_inspectable(machine);
                EXPECT_EQ(verdict.anything, !own_process_is_refused_by_a_gate(machine))
                    << scope << capable << readable << verdict.sentence;
                EXPECT_EQ(verdict.sentence.find("no process") == std::string::npos, verdict.anything);
            }
        }
    }
}

TEST(WhatIsInspectable, TheRemedyFitsTheContainer) {
    os::MachinePermissions machine;
    machine.process_vm_readv_works = true;
    machine.yama_scope = 1;
    EXPECT_NE(what_is_inspectable(machine).sentence.find("Use sudo"), std::string::npos);
    machine.in_container = true;
    EXPECT_NE(what_is_inspectable(machine).sentence.find("--cap-add=SYS_PTRACE"), std::string::npos);
}

}  // namespace
}  // namespace subint_doctor::cli
