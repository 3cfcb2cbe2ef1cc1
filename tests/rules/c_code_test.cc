// What the C code that keeps, waits or stands in the way is called.
#include "c_code.h"

#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

struct Called {
    const char* function;  // nullptr: no name
    const char* library;
    bool glue = false;
};

constexpr const char* libc = "/usr/lib/x86_64-linux-gnu/libc.so.6";
constexpr const char* python = "/usr/bin/python3.14";

// Innermost first, called by a Python frame.
MergedStack c_stack(std::initializer_list<Called> calls) {
    MergedStack merged;
    for (const Called& call : calls) {
        NativeFrame frame;
        if (call.function != nullptr) frame.function = call.function;
        frame.library = call.library;
        merged.frames.push_back({false, {}, merged.native.frames.size(), call.glue});
        merged.native.frames.push_back(std::move(frame));
    }
    merged.frames.push_back({true, {0x1000}, 0, false});
    merged.frames.push_back({false, {}, merged.native.frames.size(), false});
    merged.native.frames.push_back({});
    merged.native.frames.back().function = "caller_of_python";
    merged.native.complete = true;
    return merged;
}

std::string told(MergedStack merged) {
    Thread thread;
    thread.merged = std::move(merged);
    return diagnose::c_function_text(thread);
}

TEST(CFunction, IsTheOneThroughWhichTheLibraryWasEntered) {
    EXPECT_EQ(told(c_stack({{"poll", libc},
                            {"pqSocketCheck", "/usr/lib/libpq.so.5"},
                            {"PQgetResult", "/usr/lib/libpq.so.5"},
                            {"psyco_exec", "/srv/_psycopg.so"}})),
              "PQgetResult of libpq.so.5");
}

TEST(CFunction, FunctionOfTheSystemIsToldWhereNobodyElseIsThere) {
    EXPECT_EQ(told(c_stack({{"read", libc}})), "read of libc.so.6");
}

TEST(CFunction, WhatLeadsThereIsNotTold) {
    EXPECT_EQ(told(c_stack({{"crunch", "/srv/libcrunch.so"},
                            {"ffi_call", "/usr/lib/libffi.so.8"},
                            {"_call_function_pointer", "/usr/lib/python3.14/lib-dynload/_ctypes.so"},
                            {"_PyObject_MakeTpCall", python, true}})),
              "crunch of libcrunch.so");
}

TEST(CFunction, WithoutNamesNothingIsTold) {
    EXPECT_EQ(told(c_stack({{nullptr, libc}, {nullptr, "/srv/stripped.so"}})), "");
    EXPECT_EQ(told(c_stack({})), "");
    EXPECT_EQ(diagnose::c_function_text(Thread{}), "");
}

TEST(CFunction, WhereTheOrderIsNotKnownNothingIsTold) {
    MergedStack merged = c_stack({{"crunch", "/srv/libcrunch.so"}});
    merged.problem = "the C stack is cut";
    EXPECT_EQ(told(merged), "");
}

TEST(CFunction, NameOfThePatientsFileIsEscaped) {
    const std::string text = told(c_stack({{"a\x1b[2Jb", "/srv/lib\x07.so"}}));
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\x07'), std::string::npos);
}

Inspection with_c_stack(const Snapshot& look, int tid, std::initializer_list<Called> calls) {
    Inspection inspection = looked_at_twice(look);
    thread_of(inspection.looks.back(), tid).merged = c_stack(calls);
    return inspection;
}

TEST(CFunction, StandsInTheVerdictAboutAHeldGil) {
    const Inspection inspection = with_c_stack(founding_hang_after_sigints(), driver_tid,
                                               {{"sre_ucs1_match", python}, {"pattern_match", python}});
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_EQ(diagnosis.sentence,
              "Thread subint-driver[1] computes in C code (pattern_match of python3.14) and keeps GIL 0, so the main "
              "thread cannot run Python.");
    EXPECT_EQ(find(diagnosis, "gil-held-in-native-code")->in_c_code, std::vector<int>{driver_tid});
}

TEST(CFunction, IsEvidenceAboutAHolderThatWaits) {
    Snapshot look = trio_process();
    Thread& holder = add_thread(look, driver_tid, "holder");
    sleep_in(holder, "poll", WaitKind::event_loop, {0x1000, 1, std::uint64_t(-1)});
    set_frames(look, innermost_of(look, driver_tid), {{"hold", "/srv/server.py", 17}});
    hold_gil(look, driver_tid);
    wait_for_gil(look, main_tid);
    const Inspection inspection =
        with_c_stack(look, driver_tid, {{"poll", libc}, {"PQgetResult", "/usr/lib/libpq.so.5"}});
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    EXPECT_TRUE(says(*find(diagnosis, "gil-holder-blocked"), "The C code that waits is PQgetResult of libpq.so.5"));
    EXPECT_EQ(find(diagnosis, "gil-holder-blocked")->in_c_code, std::vector<int>{driver_tid});
}

Snapshot owed_while(WaitKind kind) {
    Snapshot look = trio_process();
    sleep_in(thread_of(look, main_tid), "futex", kind, {0x1000});
    look.python->signals.is_tripped = true;
    return look;
}

TEST(CFunction, IsEvidenceAboutAnOwedHandler) {
    const Inspection inspection =
        with_c_stack(owed_while(WaitKind::futex), main_tid, {{"pthread_join", libc}, {"stop", "/srv/libpool.so"}});
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    const Finding& finding = *find(diagnosis, "signal-handler-owed");
    EXPECT_TRUE(says(finding, "The C code that keeps it is stop of libpool.so"));
    EXPECT_EQ(finding.in_c_code, std::vector<int>{main_tid});
}

TEST(CFunction, ThatOnlyWantsTheGilKeepsNobody) {
    const Inspection inspection = with_c_stack(founding_hang_after_sigints(), main_tid, {{"take_gil", python}});
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    const Finding& finding = *find(diagnosis, "signal-handler-owed");
    EXPECT_FALSE(says(finding, "C code that keeps"));
    EXPECT_TRUE(finding.in_c_code.empty());
}

}  // namespace
}  // namespace subint_doctor::tests
