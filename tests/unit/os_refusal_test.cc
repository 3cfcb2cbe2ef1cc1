#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "child.h"
#include "subint_doctor/os/permissions.h"

namespace subint_doctor::os {
namespace {

// An ordinary user's machine and process, refused; each test says by what.
MachinePermissions machine() {
    MachinePermissions facts;
    facts.our_uid = 1001;
    facts.process_vm_readv_works = true;
    return facts;
}

PatientPermissions patient() {
    PatientPermissions facts;
    facts.pid = 4242;
    facts.name = "python3";
    facts.uid = 1001;
    facts.same_user = true;
    facts.memory_errno = EPERM;
    return facts;
}

void expect_refusal(const MachinePermissions& machine, const PatientPermissions& patient, std::string_view cause,
                    std::string_view remedy, bool needs_stop = false) {
    const auto refusal = explain_refusal(machine, patient, needs_stop);
    ASSERT_TRUE(refusal);
    EXPECT_NE(refusal->cause.find("4242 (python3): "), std::string::npos) << refusal->cause;
    EXPECT_NE(refusal->cause.find(cause), std::string::npos) << refusal->cause;
    EXPECT_NE(refusal->remedy.find(remedy), std::string::npos) << refusal->remedy;
    EXPECT_EQ((refusal->cause + refusal->remedy).find('\n'), std::string::npos);
}

TEST(Refusal, NoneWhereMemoryCanBeRead) {
    auto facts = patient();
    facts.memory_readable = true;
    facts.same_user = false;
    EXPECT_FALSE(explain_refusal(machine(), facts, false));
    EXPECT_FALSE(explain_refusal(machine(), facts, true));
}

TEST(Refusal, AnotherUser) {
    auto facts = patient();
    facts.same_user = false;
    facts.uid = 1000;
    expect_refusal(machine(), facts, "it belongs to user 1000 and this is user 1001", "sudo subint-doctor attach 4242");
}

TEST(Refusal, AnotherGroup) {
    auto facts = patient();
    facts.same_user = false;
    expect_refusal(machine(), facts, "group ids", "sudo");
}

TEST(Refusal, RootOfAContainer) {
    auto here = machine();
    here.our_uid = 0;
    here.in_container = true;
    auto facts = patient();
    facts.same_user = false;
    facts.uid = 1000;
    expect_refusal(here, facts, "root without CAP_SYS_PTRACE", "--cap-add=SYS_PTRACE");
}

TEST(Refusal, NotDumpable) {
    auto facts = patient();
    facts.dumpable = false;
    expect_refusal(machine(), facts, "PR_SET_DUMPABLE", "sudo");
}

TEST(Refusal, Yama) {
    auto here = machine();
    here.yama_scope = 1;
    expect_refusal(here, patient(), "ptrace_scope is 1", "PR_SET_PTRACER");
    here.yama_scope = 2;
    expect_refusal(here, patient(), "ptrace_scope is 2", "sudo");
    here.yama_scope = 3;
    here.has_cap_sys_ptrace = true;
    expect_refusal(here, patient(), "ptrace_scope is 3", "boot");
}

TEST(Refusal, YamaIsNotBlamedForAnotherUser) {
    auto here = machine();
    here.yama_scope = 1;
    auto facts = patient();
    facts.same_user = false;
    facts.uid = 1000;
    expect_refusal(here, facts, "user 1000", "sudo");
}

TEST(Refusal, Seccomp) {
    auto here = machine();
    here.process_vm_readv_works = false;
    here.in_container = true;
    expect_refusal(here, patient(), "seccomp", "--cap-add=SYS_PTRACE");
}

TEST(Refusal, AnotherUserNamespace) {
    auto here = machine();
    here.has_cap_sys_ptrace = true;
    auto facts = patient();
    facts.same_user = false;
    facts.other_user_namespace = true;
    expect_refusal(here, facts, "user namespace", "host");
}

TEST(Refusal, WhateverElseTheKernelHasAgainstIt) {
    expect_refusal(machine(), patient(), "Operation not permitted", "sudo");
    auto here = machine();
    here.has_cap_sys_ptrace = true;
    expect_refusal(here, patient(), "security module", "dmesg");
}

TEST(Refusal, ATracerMattersOnlyForAStop) {
    auto facts = patient();
    facts.memory_readable = true;
    facts.tracer_pid = 77;
    facts.tracer_name = "gdb";
    EXPECT_FALSE(explain_refusal(machine(), facts, false));
    expect_refusal(machine(), facts, "traced by process 77 (gdb)", "77", true);
}

TEST(Probe, AChildOfOursCanBeRead) {
    const test::Child child([] {});
    const auto facts = probe_patient(child.pid());
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->pid, child.pid());
    EXPECT_EQ(facts->uid, getuid());
    EXPECT_TRUE(facts->same_user && facts->dumpable && facts->memory_readable && facts->can_stop);
    EXPECT_TRUE(facts->descendant_of_ours);
    EXPECT_FALSE(facts->other_pid_namespace || facts->other_user_namespace);
    EXPECT_FALSE(explain_refusal(probe_machine(), *facts, true));
}

TEST(Probe, ThisMachineLetsUsReadOurselves) {
    const MachinePermissions here = probe_machine();
    EXPECT_EQ(here.our_uid, geteuid());
    EXPECT_TRUE(here.process_vm_readv_works);
}

}  // namespace
}  // namespace subint_doctor::os
