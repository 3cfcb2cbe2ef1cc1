#include <gtest/gtest.h>

#include "code_text.h"
#include "names.h"
#include "text_words.h"

namespace subint_doctor::report {
namespace {

TEST(DurationText, UsesTheTwoLargestUnits) {
    EXPECT_EQ(duration_text(400), "0.4 s");
    EXPECT_EQ(duration_text(59'999), "59 s");
    EXPECT_EQ(duration_text(192'400), "3 min 12 s");
    EXPECT_EQ(duration_text(7'500'000), "2 h 5 min");
    EXPECT_EQ(duration_text(274'000'000), "3 d 4 h");
}

TEST(PauseText, NeverRoundsAPauseToNothing) {
    EXPECT_EQ(pause_text(41), "41 us");
    EXPECT_EQ(pause_text(340), "0.3 ms");
    EXPECT_EQ(pause_text(11'120), "11.1 ms");
}

TEST(IdRanges, JoinsNeighbours) {
    EXPECT_EQ(id_ranges({5}), "5");
    EXPECT_EQ(id_ranges({9, 3, 2, 4, 5}), "2-5, 9");
    EXPECT_EQ(id_ranges({1, 2, 8}), "1, 2, 8");
}

TEST(Counted, KnowsTheSingular) {
    EXPECT_EQ(counted(1, "GIL"), "1 GIL");
    EXPECT_EQ(counted(0, "GIL"), "0 GILs");
}

std::string program(std::vector<std::string> command_line) {
    Process process;
    process.exe = "/usr/bin/python3.14";
    process.command_line = std::move(command_line);
    return program_text(process);
}

TEST(ProgramText, NamesTheScriptBehindTheOptions) {
    EXPECT_EQ(program({"python3", "/srv/app/server.py", "-m", "x"}), "python3.14 server.py");
    EXPECT_EQ(program({"python3", "-u", "-X", "dev", "server.py"}), "python3.14 server.py");
    EXPECT_EQ(program({"python3", "-m", "http.server"}), "python3.14 -m http.server");
    EXPECT_EQ(program({"python3", "-c", "import os"}), "python3.14 -c ...");
    EXPECT_EQ(program({"python3", "-m"}), "python3.14");
    EXPECT_EQ(program({"python3"}), "python3.14");
    EXPECT_EQ(program({}), "python3.14");
}

TEST(ShortPath, DropsTheFolderThatSaysNothing) {
    constexpr std::string_view folder = "/srv/app/";
    EXPECT_EQ(short_path("/srv/app/pool/worker.py", folder), "pool/worker.py");
    EXPECT_EQ(short_path("/srv/app/venv/lib/python3.14/site-packages/trio/_core/_run.py", folder),
              "trio/_core/_run.py");
    EXPECT_EQ(short_path("/usr/lib/python3/dist-packages/trio/x.py", folder), "trio/x.py");
    EXPECT_EQ(short_path("/usr/lib/python3.14/re/__init__.py", folder), "re/__init__.py");
    EXPECT_EQ(short_path("/srv/other/x.py", folder), "/srv/other/x.py");
    EXPECT_EQ(short_path("<frozen runpy>", folder), "<frozen runpy>");
    EXPECT_EQ(short_path("/srv/app/x.py", ""), "/srv/app/x.py");
}

TEST(EvalBreakerNames, NamesEachBit) {
    EXPECT_TRUE(eval_breaker_names(0).empty());
    EXPECT_EQ(eval_breaker_names(gil_drop_request | please_stop),
              (std::vector<std::string_view>{"gil_drop_request", "please_stop"}));
    EXPECT_EQ(eval_breaker_names(0xffffffff).size(), 8U);
    EXPECT_EQ(eval_breaker_names(jit_invalidate_cold), std::vector<std::string_view>{"jit_invalidate_cold"});
}

TEST(Names, FollowTheirEnumerations) {
    EXPECT_EQ(name_of(WaitKind::other), "other");
    EXPECT_EQ(name_of(WaitKind::event_loop), "event-loop");
    EXPECT_EQ(name_of(WaitKind::child), "child");
    EXPECT_EQ(name_of(WakeupKind::closed), "closed");
    EXPECT_EQ(name_of(WakeupKind::none), "none");
    EXPECT_EQ(name_of(ThreadStatus::attached), "attached");
    EXPECT_EQ(name_of(ThreadStatus::detached), "detached");
    EXPECT_EQ(name_of(Confidence::certain), "certain");
    EXPECT_EQ(name_of(Severity::critical), "critical");
    EXPECT_EQ(name_of(InterpreterKind::isolated), "isolated");
}

}  // namespace
}  // namespace subint_doctor::report
