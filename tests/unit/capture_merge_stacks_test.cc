#include <gtest/gtest.h>

#include "inside.h"
#include "merge_stacks.h"
#include "subint_doctor/cpython/glue.h"

namespace subint_doctor::capture {
namespace {

constexpr std::uint64_t frame_size = 0x100;
constexpr std::uint64_t stack_start = 0x7000;

// Frames of 0x100 bytes each, one above the other, from 0x7000 on.
NativeStack stack_of(std::initializer_list<const char*> functions) {
    NativeStack stack;
    stack.complete = true;
    Address at{stack_start};
    for (const char* function : functions) {
        NativeFrame frame;
        if (*function != '\0') frame.function = function;
        frame.library = "/usr/bin/python3.14";
        frame.stack = {at, frame_size};
        at = at + frame_size;
        stack.frames.push_back(frame);
    }
    return stack;
}

// A shim among the local variables of the n-th C frame.
Address in_frame(std::uint64_t n) { return {stack_start + n * frame_size + 0x40}; }

ThreadState state_at(std::uint64_t address, std::vector<EvalCall> calls) {
    ThreadState state;
    state.address = {address};
    state.frames_complete = true;
    for (const EvalCall& call : calls) state.frames.resize(state.frames.size() + call.frames);
    state.eval_calls = std::move(calls);
    return state;
}

// "time_sleep P1.0 P1.1 [PyEval_EvalCode]": C functions, glue in brackets, Python frames by state and index.
std::string text(const MergedStack& merged) {
    std::string out;
    for (const MergedFrame& place : merged.frames) {
        if (!out.empty()) out += " ";
        if (place.python) {
            out += "P" + std::to_string(place.thread_state.value) + "." + std::to_string(place.frame);
            continue;
        }
        const std::string function = merged.native.frames[place.frame].function.value_or("?");
        out += place.glue ? "[" + function + "]" : function;
    }
    return out;
}

std::string merge(NativeStack native, std::vector<ThreadState> states) {
    std::vector<const ThreadState*> pointers;
    for (const ThreadState& state : states) pointers.push_back(&state);
    const MergedStack merged = merge_stacks(std::move(native), pointers);
    return text(merged) + (merged.problem.empty() ? "" : " !");
}

TEST(MergeStacks, PythonFramesStandWhereTheLoopThatRunsThemStood) {
    const NativeStack native =
        stack_of({"clock_nanosleep", "time_sleep", "_PyEval_EvalFrameDefault", "PyEval_EvalCode", "main"});
    EXPECT_EQ(merge(native, {state_at(1, {{in_frame(2), 3}})}),
              "clock_nanosleep time_sleep P1.0 P1.1 P1.2 [PyEval_EvalCode] [main]");
}

TEST(MergeStacks, CallbacksFromCStandBetweenTheirCallerAndTheirCallee) {
    const NativeStack native = stack_of({"loop", "PyObject_Vectorcall", "callback", "qsort", "loop", "main"});
    EXPECT_EQ(merge(native, {state_at(1, {{in_frame(0), 1}, {in_frame(4), 2}})}),
              "P1.0 [PyObject_Vectorcall] callback qsort P1.1 P1.2 [main]");
}

TEST(MergeStacks, InterpretersNestedOnOneThreadKeepTheirPlaces) {
    const NativeStack native = stack_of({"loop", "run_in_subinterpreter", "loop", "main"});
    EXPECT_EQ(merge(native, {state_at(2, {{in_frame(0), 1}}), state_at(1, {{in_frame(2), 1}})}),
              "P2.0 run_in_subinterpreter P1.0 [main]");
}

// _PyEval_EvalFrameDefault with what was inlined into it: one piece of the stack.
TEST(MergeStacks, WhatWasInlinedIntoTheLoopGivesWayWithIt) {
    NativeStack native = stack_of({"time_sleep", "loop", "main"});
    NativeFrame inlined = native.frames[1];
    inlined.inlined = true;
    inlined.function = "_Py_Check_Eval";
    native.frames.insert(native.frames.begin() + 1, inlined);
    EXPECT_EQ(merge(native, {state_at(1, {{in_frame(1), 1}})}), "time_sleep P1.0 [main]");
}

TEST(MergeStacks, ALoopThatRunsNothingYetGivesWayToNothing) {
    const NativeStack native = stack_of({"loop", "PyObject_Vectorcall", "loop", "main"});
    EXPECT_EQ(merge(native, {state_at(1, {{in_frame(0), 0}, {in_frame(2), 1}})}), "[PyObject_Vectorcall] P1.0 [main]");
}

TEST(MergeStacks, WithoutNamesTheInterpretersOwnCodeIsGlueOnlyBetweenPythonFrames) {
    NativeStack native = stack_of({"", "loop", "", "loop", ""});
    native.frames[2].library = "/app/driver.so";
    const std::vector<ThreadState> states = {state_at(1, {{in_frame(1), 1}, {in_frame(3), 1}})};
    EXPECT_EQ(merge(native, states), "? P1.0 ? P1.1 [?]");
    native.frames[2].library = native.frames[1].library;
    EXPECT_EQ(merge(native, states), "? P1.0 [?] P1.1 [?]");
}

TEST(MergeStacks, AThreadWithoutPythonHasItsCFrames) {
    EXPECT_EQ(merge(stack_of({"poll", "worker", "start_thread"}), {}), "poll worker [start_thread]");
}

// Where the C stack could not be followed so far, Python's chain goes on alone; that is no contradiction.
TEST(MergeStacks, PythonGoesOnWhereTheCStackEnds) {
    NativeStack native = stack_of({"time_sleep", "loop"});
    native.complete = false;
    EXPECT_EQ(merge(native, {state_at(1, {{in_frame(1), 1}, {in_frame(7), 1}})}), "time_sleep P1.0 P1.1");
}

TEST(MergeStacks, ChainsThatDisagreeStandOneAfterTheOther) {
    const NativeStack native = stack_of({"time_sleep", "loop", "main"});
    EXPECT_EQ(merge(native, {state_at(1, {{in_frame(7), 1}})}), "time_sleep loop [main] P1.0 !")
        << "a shim in no frame";
    EXPECT_EQ(merge(native, {state_at(1, {{in_frame(1), 1}, {in_frame(0), 1}})}), "time_sleep loop [main] P1.0 P1.1 !")
        << "the callee above its caller";
    ThreadState unknown = state_at(1, {});
    unknown.frames.resize(1);
    EXPECT_EQ(merge(native, {unknown}), "time_sleep loop [main] P1.0 !") << "no shim was read";
}

TEST(IsGlue, IsWhatLeadsFromOnePythonFrameToTheNext) {
    for (const char* name : {"_PyEval_EvalFrameDefault", "_PyEval_EvalFrameDefault.cold", "gen_send_ex2.constprop.0",
                             "_TAIL_CALL_CALL", "pymain_run_python", "start_thread", "PyObject_CallOneArg"}) {
        EXPECT_TRUE(cpython::is_glue(name)) << name;
    }
    for (const char* name : {"PyObject_CallFinalizerFromDealloc", "gc_collect_main", "time_sleep", "sre_ucs1_match",
                             "PyImport_ImportModuleLevelObject", "main_loop", "started", "cloned"}) {
        EXPECT_FALSE(cpython::is_glue(name)) << name;
    }
}

TEST(InsideOf, TellsWhatMayNotBeDisturbed) {
    EXPECT_EQ(inside_of(stack_of({"_int_malloc", "malloc", "PyList_New", "main"})), Inside::malloc);
    EXPECT_EQ(inside_of(stack_of({"madvise", "_int_free.part.0", "free"})), Inside::malloc);
    EXPECT_EQ(inside_of(stack_of({"futex", "_dl_open", "dlopen@@GLIBC_2.34", "main"})), Inside::loader);
    EXPECT_EQ(inside_of(stack_of({"clone", "_Fork", "fork", "main"})), Inside::fork);
    EXPECT_EQ(inside_of(stack_of({"write", "_IO_new_file_write", "fwrite"})), Inside::stdio);
    EXPECT_EQ(inside_of(stack_of({"pthread_cond_timedwait", "take_gil"})), Inside::gil);
    EXPECT_EQ(inside_of(stack_of({"malloc", "_IO_file_doallocate", "fwrite"})), Inside::malloc)
        << "the innermost counts";
    EXPECT_EQ(inside_of(stack_of({"read", "freeze", "mallocate", "", "main"})), Inside::nothing);
}

}  // namespace
}  // namespace subint_doctor::capture
