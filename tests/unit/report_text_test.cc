#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "founding_report.h"
#include "subint_doctor/report/render.h"

namespace subint_doctor::report {
namespace {

constexpr const char* golden = R"(python3.14 server.py        pid 4242   CPython 3.14.8   running for 3 min 12 s
2 threads, 3 interpreters, 1 GIL. Two looks, 27 ms apart; nothing was stopped.

HUNG: Thread subint-driver[1] computes in C code and keeps GIL 0, so the main
thread cannot run Python.                                                certain
                                                         gil-held-in-native-code

Why
  * subint-driver[1] (tid 4244) holds GIL 0, which interpreters 0, 1 and 2
    share: same switch number 1041 in both looks
  Ruled out: deadlock (the holder runs), stop or trace.

The signal wakeup fd is full                              likely  wakeup-fd-full
  Nobody reads the signal wakeup fd 7.
  It follows from gil-held-in-native-code.
  * Wakeup fd 7 (unix socket): 6 of 6 writes queued, full

What you can do
  wait                if the call is known to end
  kill -KILL 4242     ends the process (SIGTERM has the same fate as Ctrl-C)
  Read more:  subint-doctor explain gil-held-in-native-code

Threads                                                   most recent call first
  MainThread  tid 4242  waits for GIL 0, held by 4244
    interpreter 0 (main)
      get_events        trio/_core/_io_epoll.py:243
      run               trio/_core/_run.py:2535
      <module>          server.py:31
  subint-driver[1]  tid 4244  running, holds GIL 0
    interpreter 1 (legacy)
      match             re/__init__.py:167
      <module>          <script>:3
    interpreter 0 (main)      runs interpreter 1 from here
      drive             server.py:9
      run               threading.py:1024
  Interpreter 2 (legacy): on no thread now

Not read: nothing.
)";

std::string text_of(const Inspection& inspection, const Diagnosis& diagnosis) {
    return render_text(inspection, diagnosis, TextStyle{});
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Thread& add_worker(Inspection& inspection, int tid, int line) {
    Snapshot& look = inspection.looks.back();
    Thread worker;
    worker.tid = tid;
    worker.python_name = "worker-" + std::to_string(tid);
    worker.state = 'S';
    worker.wait.kind = WaitKind::lock;
    look.threads.push_back(worker);
    ThreadState state;
    state.address = {0x10000U + static_cast<unsigned>(tid)};
    state.interpreter = 0;
    state.tid = tid;
    state.frames = {{5, line, 0}};
    state.frames_complete = true;
    look.python->interpreters.back().thread_states.push_back(state);
    return look.threads.back();
}

TEST(RenderText, TheFoundingHangReadsLikeThis) {
    EXPECT_EQ(text_of(test::founding_inspection(), test::founding_diagnosis()), golden);
}

TEST(RenderText, NoAddressesUnlessVerbose) {
    TextStyle verbose;
    verbose.verbose = true;
    const auto inspection = test::founding_inspection();
    EXPECT_FALSE(has(text_of(inspection, test::founding_diagnosis()), "0x"));
    const std::string text = render_text(inspection, test::founding_diagnosis(), verbose);
    EXPECT_TRUE(has(text, "thread state 0x2000 attached"));
    EXPECT_TRUE(has(text, "/srv/app/server.py:31"));
}

TEST(RenderText, ColourIsOnVerdictAndHeadingsOnly) {
    TextStyle style;
    style.color = true;
    const std::string text = render_text(test::founding_inspection(), test::founding_diagnosis(), style);
    std::istringstream lines(text);
    int coloured = 0;
    for (std::string line; std::getline(lines, line);) coloured += has(line, "\x1b[") ? 1 : 0;
    EXPECT_EQ(coloured, 2 + 4);  // the two lines of the verdict; Why, the symptom, What you can do, Threads
}

TEST(RenderText, EachSeverityHasAColourOfItsOwn) {
    TextStyle style;
    style.color = true;
    Diagnosis diagnosis = test::founding_diagnosis();
    diagnosis.findings.resize(1);
    for (const auto& [severity, lead] :
         {std::pair(Severity::critical, "\x1b[1;31mHUNG: "), std::pair(Severity::warning, "\x1b[1;33mWARNING: "),
          std::pair(Severity::note, "\x1b[1;34mNOTE: ")}) {
        diagnosis.findings[0].severity = severity;
        EXPECT_TRUE(has(render_text(test::founding_inspection(), diagnosis, style), lead)) << lead;
    }
}

TEST(RenderText, TheMainThreadHasItsNameWithoutThreading) {
    Inspection inspection = test::founding_inspection();
    inspection.looks.back().threads[0].python_name.reset();
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "  MainThread  tid 4242  waits"));
}

TEST(RenderText, TheSourceLineStandsBelowItsFrame) {
    Inspection inspection = test::founding_inspection();
    add_worker(inspection, 4300, 31);
    ThreadState& state = inspection.looks.back().python->interpreters.back().thread_states.back();
    state.source = SourceLine{0, "with \x1bledger:", false};
    const std::string text = text_of(inspection, test::founding_diagnosis());
    EXPECT_TRUE(has(text, ":31\n          with \\x1bledger:\n")) << text;
    state.source->newer = true;
    EXPECT_TRUE(
        has(text_of(inspection, test::founding_diagnosis()), "ledger:  (the file is newer than the process)\n"));
}

TEST(RenderText, AThreadsTimeIsTold) {
    Inspection inspection = test::founding_inspection();
    add_worker(inspection, 4300, 31).wait.limit = TimeLimit{true, {}, 5'000};
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "waits for a Python lock, 5 s left\n"));
}

TEST(RenderText, AGarbageCollectionIsTold) {
    Inspection inspection = test::founding_inspection();
    EXPECT_FALSE(has(text_of(inspection, test::founding_diagnosis()), "collection"));
    inspection.looks.back().python->interpreters[1].collecting = true;
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "garbage"));
}

TEST(RenderText, NoInterpreterVanishesInAGroup) {
    Inspection inspection = test::founding_inspection();
    for (int tid = 100; tid < 120; ++tid) add_worker(inspection, tid, 50);
    inspection.looks.back().python->interpreters.back().thread_states.back().interpreter = 7;
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "interpreters 7 too"));
}

TEST(RenderText, NothingFoundSaysWhatWasLookedAt) {
    Diagnosis diagnosis;
    diagnosis.code = "no-hang-found";
    diagnosis.sentence = "The main thread waits in epoll_wait.";
    diagnosis.ruled_out = {"GIL 0 is free"};
    const std::string text = text_of(test::founding_inspection(), diagnosis);
    EXPECT_TRUE(has(text, "\nThe main thread waits in epoll_wait.\n"));
    EXPECT_TRUE(has(text, "What was looked at\n  * GIL 0 is free\n"));
    EXPECT_FALSE(has(text, "HUNG"));
    EXPECT_FALSE(has(text, "What you can do"));
}

TEST(RenderText, OnlyCriticalIsCalledAHang) {
    Diagnosis diagnosis = test::founding_diagnosis();
    diagnosis.findings.resize(1);
    diagnosis.findings[0].severity = Severity::warning;
    EXPECT_TRUE(has(text_of(test::founding_inspection(), diagnosis), "\nWARNING: Thread"));
    diagnosis.findings[0].severity = Severity::note;
    EXPECT_TRUE(has(text_of(test::founding_inspection(), diagnosis), "\nNOTE: Thread"));
}

TEST(RenderText, EqualStacksAreShownOnce) {
    Inspection inspection = test::founding_inspection();
    for (int tid = 5001; tid <= 5020; ++tid) add_worker(inspection, tid, 9);
    add_worker(inspection, 5021, 10);
    const std::string text = text_of(inspection, test::founding_diagnosis());
    EXPECT_TRUE(has(text, "same stack as 19 others: worker-5002 (tid 5002),"));
    EXPECT_TRUE(has(text, "and 7 more\n"));
    EXPECT_FALSE(has(text, "worker-5014"));
    EXPECT_TRUE(has(text, "  worker-5021  tid 5021  waits for a Python lock\n"));
}

TEST(RenderText, EqualCodeOfOtherInterpretersIsTheSameStack) {
    Inspection inspection = test::founding_inspection();
    add_worker(inspection, 5001, 9);
    add_worker(inspection, 5002, 9);
    Python& python = *inspection.looks.back().python;
    python.codes.push_back(python.codes[5]);
    ThreadState& state = python.interpreters.back().thread_states.back();
    state.frames[0].code = static_cast<std::uint32_t>(python.codes.size() - 1);
    state.interpreter = 2;
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()),
                    "same stack as 1 other: worker-5002 (tid 5002, interpreter 2)"));
}

TEST(RenderText, ADeepStackKeepsBothEnds) {
    Inspection inspection = test::founding_inspection();
    add_worker(inspection, 5001, 1);
    auto& frames = inspection.looks.back().python->interpreters.back().thread_states.back().frames;
    frames.clear();
    for (int line = 1; line <= 1000; ++line) frames.push_back({5, line, 0});
    const std::string text = text_of(inspection, test::founding_diagnosis());
    EXPECT_TRUE(has(text, "server.py:20\n      ... 970 more frames ...\n"));
    EXPECT_TRUE(has(text, "server.py:991\n"));
    EXPECT_FALSE(has(text, "server.py:21\n"));
    EXPECT_FALSE(has(text, "server.py:990\n"));
    TextStyle verbose;
    verbose.verbose = true;
    EXPECT_TRUE(has(render_text(inspection, test::founding_diagnosis(), verbose), "server.py:500\n"));
}

TEST(RenderText, AWaiterThatBlinksStillWaits) {
    Inspection inspection = test::founding_inspection();
    Snapshot& last = inspection.looks.back();
    last.python->gils[0].waiters.clear();
    last.threads[0].wait.kind = WaitKind::running;
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "tid 4242  waits for GIL 0, held by 4244\n"));
    inspection.looks.front().python->gils[0].waiters.clear();
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "tid 4242  running\n"));
}

TEST(RenderText, AThreadUnknownToPythonIsListed) {
    Inspection inspection = test::founding_inspection();
    add_worker(inspection, 5001, 9).python_name.reset();
    inspection.looks.back().threads.back().name = "jemalloc_bg";
    inspection.looks.back().python->interpreters.back().thread_states.pop_back();
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()),
                    "  jemalloc_bg  tid 5001  waits for a Python lock\n    not a Python thread\n"));
}

TEST(RenderText, GapsAreNamed) {
    Inspection inspection = test::founding_inspection();
    inspection.gaps = {{"signals.wakeup.full", "another network namespace", true}};
    Diagnosis diagnosis = test::founding_diagnosis();
    diagnosis.gaps = {{"signals.wakeup.full", "another network namespace", true}, {"gils[0].holder_tid", "gone", true}};
    EXPECT_TRUE(has(text_of(inspection, diagnosis),
                    "\nNot read\n  * signals.wakeup.full: another network namespace\n  * gils[0].holder_tid: gone\n"));
}

TEST(RenderText, StopsAreOwnedUpTo) {
    Inspection inspection = test::founding_inspection();
    inspection.stopped_tids = {4244};
    inspection.pause_us = 340;
    TextStyle wide;
    wide.columns = 120;
    const std::string text = render_text(inspection, test::founding_diagnosis(), wide);
    EXPECT_TRUE(has(text, "27 ms apart; 1 thread was stopped, the longest for 0.3 ms.\n")) << text;
}

TEST(RenderText, ACommandIsAdvisedOnceAsTheWorstFindingMeansIt) {
    Diagnosis diagnosis = test::founding_diagnosis();
    diagnosis.findings[1].advice = {{"wait", "if it may still come", ""}};
    const std::string text = text_of(test::founding_inspection(), diagnosis);
    EXPECT_TRUE(has(text, "  wait                if the call is known to end\n  kill -KILL 4242     ends the process"));
    EXPECT_FALSE(has(text, "if it may still come"));
}

TEST(RenderText, AReportThatDoesNotSpeakOfSignalsSaysHowCtrlCStands) {
    Diagnosis diagnosis = test::founding_diagnosis();
    EXPECT_FALSE(has(text_of(test::founding_inspection(), diagnosis), "\nCtrl-C\n"));
    diagnosis.findings.resize(1);
    diagnosis.sigint = "The kernel delivers SIGINT to a handler";
    diagnosis.sigint_obstacle = "it would wait";
    const std::string text = text_of(test::founding_inspection(), diagnosis);
    EXPECT_TRUE(has(text, "\nCtrl-C\n  * The kernel delivers SIGINT to a handler; blocked nowhere; a handler is owed"));
    EXPECT_TRUE(has(text, "\n  * If SIGINT came now, it would wait"));
    EXPECT_TRUE(has(text, "  * Wakeup fd 7: 6 of 6 writes queued"));
}

TEST(RenderText, AThreadsIdIsExplained) {
    Inspection inspection = test::founding_inspection();
    inspection.looks.back().process.asked_tid = 4244;
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "\n4244 is a thread of process 4242.\n"));
}

TEST(RenderText, HostileNamesCannotReachTheTerminal) {
    Inspection inspection = test::founding_inspection();
    Snapshot& look = inspection.looks.back();
    look.threads[1].python_name = "\x1b[2J\x9b";
    look.process.command_line = {"python3", "\x1b]0;evil\x07"};
    for (Code& code : look.python->codes) code.name = code.file = "\x1b[31m\n";
    const std::string text = text_of(inspection, test::founding_diagnosis());
    EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) { return c == '\x1b' || c == '\x07'; }));
    EXPECT_TRUE(has(text, "\\x1b[2J\xef\xbf\xbd  tid 4244"));
}

TEST(RenderText, EveryWrappedLineFits) {
    for (const int columns : {80, 100, 120}) {
        TextStyle style;
        style.columns = columns;
        std::istringstream lines(render_text(test::founding_inspection(), test::founding_diagnosis(), style));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), static_cast<std::size_t>(columns)) << line;
        }
    }
}

TEST(RenderText, APatientWhosePythonWasNotReadStillHasThreads) {
    Inspection inspection = test::founding_inspection();
    for (Snapshot& look : inspection.looks) look.python.reset();
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "MainThread  tid 4242"));
}

TEST(RenderText, FramesThatNameNoCodeAreHarmless) {
    Inspection inspection = test::founding_inspection();
    inspection.looks.back().python->codes.clear();
    EXPECT_TRUE(has(text_of(inspection, test::founding_diagnosis()), "      ?"));
}

}  // namespace
}  // namespace subint_doctor::report
