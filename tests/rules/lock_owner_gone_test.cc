#include <gtest/gtest.h>

#include "lonely_wait_cases.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "lock-owner-gone";

Snapshot forked_and_alone() {
    Snapshot look = alone_on_a_lock();
    look.process.forked = true;
    look.process.parent_pid = 4200;
    look.process.parent_name = "gunicorn";
    look.process.parent_threads = 3;
    look.process.parent_is_same_program = true;
    return look;
}

TEST(LockOwnerGone, AChildForkedFromAProcessWithThreads) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(forked_and_alone()));
    EXPECT_EQ(diagnosis.code, code);
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.severity, Severity::critical);
    EXPECT_EQ(finding.confidence, Confidence::certain);
    EXPECT_TRUE(says(finding, "its parent, process 4200 (gunicorn), runs the same one and has 3 threads now"));
    EXPECT_EQ(find(diagnosis, "self-deadlock"), nullptr);
}

TEST(LockOwnerGone, ElseItIsItsOwnDeadlock) {
    Snapshot look = forked_and_alone();
    look.process.forked = false;
    EXPECT_EQ(diagnose::diagnose(looked_at_twice(look)).code, "self-deadlock") << "another program since";
    look = forked_and_alone();
    look.process.parent_threads = 1;
    EXPECT_EQ(diagnose::diagnose(looked_at_twice(look)).code, "self-deadlock") << "nothing tells of other threads";
    look = forked_and_alone();
    look.process.parent_is_same_program = false;
    EXPECT_EQ(diagnose::diagnose(looked_at_twice(look)).code, "self-deadlock") << "it was adopted";
}

TEST(LockOwnerGone, SilentWhereAThreadIsLeft) {
    Snapshot look = forked_and_alone();
    add_thread(look, driver_tid, "worker");
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(find(diagnosis, code), nullptr);
    EXPECT_EQ(find(diagnosis, "self-deadlock"), nullptr);
}

}  // namespace
}  // namespace subint_doctor::tests
