#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "abandoned-subinterpreter";

Snapshot running_on_driver(InterpreterKind kind = InterpreterKind::legacy) {
    Snapshot look = trio_process();
    const std::int64_t id = add_interpreter(look, kind).id;
    sleep_in(add_thread(look, driver_tid, "subint-driver[1]"), "clock_nanosleep", WaitKind::sleep);
    set_frames(look, run_interpreter(look, id, driver_tid), {{"<module>", "<script>", 3}});
    return look;
}

void main_is_in(Snapshot& look, const char* function, const char* file) {
    set_frames(look, innermost_of(look, main_tid), {{function, file, 100}, {"<module>", "/srv/server.py", 31}});
}

TEST(AbandonedSubinterpreter, NamesInterpreterThreadAndPlace) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(running_on_driver()));
    EXPECT_EQ(diagnosis.code, "event-loop-idle") << "what is merely possible is not the verdict";
    const Finding& finding = *find(diagnosis, code);
    EXPECT_EQ(finding.sentence,
              "Interpreter 1 runs on thread subint-driver[1], which no thread waits for; a task still may.");
    EXPECT_EQ(finding.confidence, Confidence::possible);
    EXPECT_EQ(finding.severity, Severity::note);
    EXPECT_TRUE(says(finding, "Interpreter 1 (legacy) runs on subint-driver[1] (tid 4244), in <module> at <script>:3"));
    EXPECT_EQ(finding.interpreters, std::vector<std::int64_t>{1});
}

TEST(AbandonedSubinterpreter, IsLikelyWhereNothingCouldWait) {
    Snapshot look = running_on_driver();
    sleep_in(thread_of(look, main_tid), "read", WaitKind::read, {0});
    main_is_in(look, "main", "/srv/server.py");
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(find(diagnosis, code)->confidence, Confidence::likely);
    EXPECT_EQ(find(diagnosis, code)->severity, Severity::warning);
}

TEST(AbandonedSubinterpreter, SilentWhenSomebodyJoins) {
    Snapshot look = running_on_driver();
    main_is_in(look, "join", "/usr/lib/python3.14/threading.py");
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
    main_is_in(look, "result", "/usr/lib/python3.14/concurrent/futures/_base.py");
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
    main_is_in(look, "join", "/srv/paths.py");
    EXPECT_NE(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(AbandonedSubinterpreter, ItsOwnJoinDoesNotCount) {
    Snapshot look = running_on_driver();
    set_frames(look, innermost_of(look, driver_tid), {{"join", "/usr/lib/python3.14/threading.py", 100}});
    EXPECT_NE(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(AbandonedSubinterpreter, SilentOnAPoolsWorker) {
    Snapshot look = running_on_driver();
    for (ThreadState& state : look.python->interpreters.back().thread_states) {
        if (state.tid == driver_tid)
            set_frames(look, state, {{"_handle_job", "/usr/lib/python3/dist-packages/trio/_core/_thread_cache.py", 9}});
    }
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(AbandonedSubinterpreter, ImportingAPoolsCodeIsNotRunningOnAPool) {
    Snapshot look = running_on_driver();
    set_frames(look, innermost_of(look, driver_tid),
               {{"<module>", "/usr/lib/python3/dist-packages/trio/_threads.py", 26}, {"<module>", "<script>", 1}});
    EXPECT_NE(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(AbandonedSubinterpreter, SilentForOneWithItsOwnGil) {
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(running_on_driver(InterpreterKind::isolated))), code), nullptr);
}

TEST(AbandonedSubinterpreter, SilentOnTheMainThread) {
    Snapshot look = trio_process();
    const std::int64_t id = add_interpreter(look, InterpreterKind::legacy).id;
    run_interpreter(look, id, main_tid);
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(AbandonedSubinterpreter, SilentWhenIdle) {
    Snapshot look = running_on_driver();
    look.python->interpreters.front().running_main_tid.reset();
    EXPECT_EQ(find(diagnose::diagnose(looked_at_twice(look)), code), nullptr);
}

TEST(AbandonedSubinterpreter, SilentWhenItBeganBetweenTheLooks) {
    Inspection inspection = looked_at_twice(running_on_driver());
    inspection.looks[0].python->interpreters.front().running_main = {};
    EXPECT_EQ(find(diagnose::diagnose(inspection), code), nullptr);
}

}  // namespace
}  // namespace subint_doctor::tests
