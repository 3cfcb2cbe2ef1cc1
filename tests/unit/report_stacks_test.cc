#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "c_names.h"
#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"
#include "subint_doctor/report/render.h"

namespace subint_doctor::report {
namespace {

using namespace subint_doctor::tests;

TEST(ShortCName, LeavesOutParametersAndTemplateArguments) {
    EXPECT_EQ(short_c_name("poll"), "poll");
    EXPECT_EQ(short_c_name("ns::Pool<int, std::less<int>>::run(std::vector<int>&)"), "ns::Pool<...>::run");
    EXPECT_EQ(short_c_name("(anonymous namespace)::wait(int)"), "(anonymous namespace)::wait");
    EXPECT_EQ(short_c_name("std::ostream& operator<< <char>(std::ostream&, char)"), "std::ostream& operator<< <...>");
    EXPECT_EQ(short_c_name("Task::operator()(int) const"), "Task::operator()");
    EXPECT_EQ(short_c_name("<core::iter::Map<I> as Iterator>::next"), "<core::iter::Map<I> as Iterator>::next");
    EXPECT_EQ(short_c_name(""), "");
}

TEST(LibraryName, IsTheFileWithoutItsFolder) {
    EXPECT_EQ(library_name("/usr/lib/libpq.so.5"), "libpq.so.5");
    EXPECT_EQ(library_name("/usr/lib/libpq.so.5 (deleted)"), "libpq.so.5");
    EXPECT_EQ(library_name("[vdso]"), "[vdso]");
}

NativeFrame c_frame(std::optional<std::string> function, std::string library, std::uint64_t offset = 0x1234) {
    NativeFrame frame;
    frame.function = std::move(function);
    frame.library = std::move(library);
    frame.library_offset = offset;
    frame.address = {0x400000 + offset};
    frame.via = FoundBy::eh_frame;
    return frame;
}

// The worker sleeps in C code that job() called; a frame of glue below, a symbol is missing.
Inspection sleeper() {
    Snapshot look = trio_process();
    Thread& thread = add_thread(look, 4243, "worker");
    ThreadState& state = innermost_of(look, 4243);
    set_frames(look, state, {{"job", "/srv/app/job.py", 7}, {"run", "/srv/app/job.py", 20}});
    MergedStack merged;
    merged.native.frames = {c_frame("clock_nanosleep", "/lib/libc.so.6"), c_frame({}, "/lib/driver.so", 0x77),
                            c_frame("PyObject_Vectorcall", "/usr/bin/python3.14"), c_frame("start", "/lib/driver.so")};
    merged.native.frames[0].file = "/build/nptl/sleep.c";
    merged.native.frames[0].line = 12;
    merged.native.complete = true;
    merged.frames = {{false, {}, 0, false}, {false, {}, 1, false},           {true, state.address, 0, false},
                     {false, {}, 2, true},  {true, state.address, 1, false}, {false, {}, 3, false}};
    merged.inside = Inside::stdio;
    thread_of(look, thread.tid).merged = merged;
    return looked_at_twice(look);
}

std::string text(const Inspection& inspection, bool verbose = false) {
    TextStyle style;
    style.verbose = verbose;
    return render_text(inspection, diagnose::diagnose(inspection), style);
}

TEST(RenderText, ShowsCFramesInTheirPlaceAndNoGlue) {
    const std::string page = text(sleeper());
    EXPECT_NE(page.find("      clock_nanosleep   [libc.so.6] sleep.c:12\n"
                        "      driver.so+0x77\n"
                        "      job               app/job.py:7\n"
                        "      run               app/job.py:20\n"
                        "      start             [driver.so]\n"),
              std::string::npos)
        << page;
    EXPECT_EQ(page.find("PyObject_Vectorcall"), std::string::npos);
}

TEST(RenderText, ShowsGlueAddressesAndHowAFrameWasFoundWhenVerbose) {
    const std::string page = text(sleeper(), true);
    EXPECT_NE(page.find("PyObject_Vectorcall"), std::string::npos);
    EXPECT_NE(page.find("0x401234 by eh_frame"), std::string::npos) << page;
}

TEST(RenderText, SaysWhereTheCStackEndsEarly) {
    Inspection inspection = sleeper();
    for (Thread& thread : inspection.looks.back().threads) {
        if (thread.merged) thread.merged->native.problem = "it goes on in code without a file";
    }
    EXPECT_NE(text(inspection).find("(C stack: it goes on in code without a file)"), std::string::npos);
}

TEST(RenderText, ThreadsThatDifferInCFramesAreNotOneGroup) {
    Snapshot look = sleeper().last();
    add_thread(look, 4250, "other");
    ThreadState& state = innermost_of(look, 4250);
    set_frames(look, state, {{"job", "/srv/app/job.py", 7}, {"run", "/srv/app/job.py", 20}});
    MergedStack merged = *thread_of(look, 4243).merged;
    for (MergedFrame& frame : merged.frames) {
        if (frame.python) frame.thread_state = state.address;
    }
    thread_of(look, 4250).merged = merged;
    EXPECT_NE(text(looked_at_twice(look)).find("same stack as 1 other"), std::string::npos);
    thread_of(look, 4250).merged->native.frames[0].function = "recv";
    EXPECT_EQ(text(looked_at_twice(look)).find("same stack as 1 other"), std::string::npos);
}

TEST(RenderJson, HasNativeFramesWithPythonInItsPlace) {
    const Inspection inspection = sleeper();
    const auto report = nlohmann::json::parse(render_json(inspection, diagnose::diagnose(inspection), "1"));
    const auto& threads = report["threads"];
    EXPECT_FALSE(threads[0].contains("native_frames")) << "it was not copied";
    EXPECT_FALSE(threads[0].contains("inside"));
    const auto& worker = threads[1];
    EXPECT_EQ(worker["inside"], "stdio");
    EXPECT_EQ(worker["native_frames_complete"], true);
    EXPECT_EQ(worker["native_frames_problem"], nullptr);
    ASSERT_EQ(worker["native_frames"].size(), 6U);
    const auto& first = worker["native_frames"][0];
    EXPECT_EQ(first["function"], "clock_nanosleep");
    EXPECT_EQ(first["library"], "/lib/libc.so.6");
    EXPECT_EQ(first["file"], "/build/nptl/sleep.c");
    EXPECT_EQ(first["line"], 12);
    EXPECT_EQ(first["address"], "0x401234");
    EXPECT_EQ(first["inlined"], false);
    EXPECT_EQ(first["via"], "eh_frame");
    EXPECT_EQ(worker["native_frames"][1]["function"], nullptr);
    EXPECT_EQ(worker["native_frames"][1]["library_offset"], "0x77");
    EXPECT_EQ(worker["native_frames"][3]["glue"], true);
    const auto& python = worker["native_frames"][2];
    EXPECT_EQ(python["python"], true);
    EXPECT_EQ(python["interpreter"], 0);
    EXPECT_EQ(python["function"], "job");
    EXPECT_EQ(python["file"], "/srv/app/job.py");
    EXPECT_EQ(python["line"], 7);
}

}  // namespace
}  // namespace subint_doctor::report
