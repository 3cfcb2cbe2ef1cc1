// What holds for the list of rules as a whole, whatever they say.
#include "subint_doctor/diagnose/diagnose.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "case_builder.h"
#include "rule.h"

namespace subint_doctor::tests {
namespace {

TEST(Diagnose, EveryRuleHasACodeAndATitle) {
    std::set<std::string_view> codes;
    for (const diagnose::Rule* rule : diagnose::all_rules()) {
        EXPECT_TRUE(codes.insert(rule->code).second) << rule->code;
        EXPECT_FALSE(rule->title.empty()) << rule->code;
    }
    EXPECT_GE(codes.size(), 12U);
}

TEST(Diagnose, FindingsAreComplete) {
    for (const Finding& finding : diagnose::diagnose(looked_at_twice(founding_hang_after_sigints())).findings) {
        EXPECT_FALSE(finding.sentence.empty()) << finding.code;
        EXPECT_EQ(finding.sentence.back(), '.') << finding.code;
        EXPECT_FALSE(finding.evidence.empty()) << finding.code;
        EXPECT_FALSE(finding.explanation.empty()) << finding.code;
    }
}

TEST(Diagnose, WhoTellsOfSignalsSaysSo) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(founding_hang_after_sigints()));
    EXPECT_TRUE(find(diagnosis, "wakeup-fd-full")->tells_of_signals);
    EXPECT_TRUE(find(diagnosis, "signal-handler-owed")->tells_of_signals);
    EXPECT_FALSE(find(diagnosis, "gil-held-in-native-code")->tells_of_signals);
}

TEST(Diagnose, SigtermIsAdvisedOnlyWhereItWorks) {
    Snapshot look = founding_hang();
    const auto ending = [](const Snapshot& at) {
        return diagnose::diagnose(looked_at_twice(at)).findings[0].advice[1];
    };
    EXPECT_EQ(ending(look).command, "kill -TERM 4242");
    look.process.caught.bits |= 1U << 14;
    EXPECT_EQ(ending(look).command, "kill -KILL 4242");
}

TEST(Diagnose, WithoutPythonNothingIsClaimed) {
    Snapshot look = trio_process();
    look.python.reset();
    look.wakeup = {};
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.code, "no-hang-found");
    EXPECT_EQ(diagnosis.sentence, "Nothing can be said: Python's own state was not read.");
}

TEST(Diagnose, WhereNothingIsFoundEveryThreadSaysWhatItWaitsFor) {
    Snapshot look = trio_process();
    sleep_in(thread_of(look, main_tid), "futex", WaitKind::lock);
    compute(add_thread(look, driver_tid, "worker"));
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.code, "no-hang-found");
    EXPECT_TRUE(diagnosis.sentence.starts_with("No known class of hang: the main thread waits in "))
        << diagnosis.sentence;
    EXPECT_NE(diagnosis.sentence.find("; thread worker runs, in drive at server.py:9"), std::string::npos)
        << diagnosis.sentence;
}

TEST(Diagnose, APollingThreadIsToldByHowOftenItWoke) {
    Snapshot look = trio_process();
    sleep_in(thread_of(look, main_tid), "clock_nanosleep", WaitKind::sleep);
    Inspection inspection = looked_at_twice(look);
    EXPECT_EQ(diagnose::diagnose(inspection).sentence.find("woke"), std::string::npos);
    thread_of(inspection.looks[1], main_tid).slices += 2;
    const std::string sentence = diagnose::diagnose(inspection).sentence;
    EXPECT_NE(sentence.find("and woke 2 times between the looks"), std::string::npos) << sentence;
}

TEST(Diagnose, AHandlerOwedInTheLastLookOnlyIsCalledThat) {
    Snapshot look = trio_process();
    compute(thread_of(look, main_tid));
    Inspection inspection = looked_at_twice(look);
    inspection.looks[1].python->signals.is_tripped = true;
    const auto says_line = [&](const char* text) {
        const std::vector<std::string> lines = diagnose::diagnose(inspection).ruled_out;
        return std::find(lines.begin(), lines.end(), text) != lines.end();
    };
    EXPECT_TRUE(says_line("a signal handler was owed in the last look only"));
    inspection.looks[0].python->signals.is_tripped = true;
    EXPECT_FALSE(says_line("a signal handler was owed in the last look only"));
}

TEST(Diagnose, PythonThatIsMissingFromTheFirstLook) {
    Inspection inspection = looked_at_twice(founding_hang_after_sigints());
    inspection.looks[0].python.reset();
    EXPECT_EQ(find(diagnose::diagnose(inspection), "signal-handler-owed"), nullptr);
}

}  // namespace
}  // namespace subint_doctor::tests
