#include <gtest/gtest.h>

#include <algorithm>

#include "command_line.h"
#include "explain.h"
#include "pid.h"

namespace subint_doctor::cli {
namespace {

CommandLine typed(std::vector<const char*> words) {
    words.insert(words.begin(), "subint-doctor");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

TEST(ParsePid, TakesDigitsInTheKernelsRange) {
    EXPECT_EQ(parse_pid("1"), 1);
    EXPECT_EQ(parse_pid("4194304"), 4194304);
    for (const char* text : {"", "0", "-1", "+1", " 1", "1 ", "12x", "0x10", "4194305", "99999999999999999999"}) {
        EXPECT_FALSE(parse_pid(text)) << text;
    }
}

TEST(CommandLine, AttachWithItsDefaults) {
    const CommandLine line = typed({"attach", "4242"});
    EXPECT_EQ(line.verb, Verb::attach);
    EXPECT_EQ(line.attach.pid, "4242");
    EXPECT_FALSE(line.attach.json);
    EXPECT_FALSE(line.attach.no_block);
    EXPECT_EQ(line.attach.color, "auto");
    EXPECT_EQ(line.attach.capture.looks, 2);
    EXPECT_EQ(line.attach.capture.interval_ms, 27);
    EXPECT_EQ(line.attach.capture.max_pause_ms, 50);
    EXPECT_EQ(line.attach.timeout_s, 30);
    EXPECT_EQ(line.attach.fail_on, "");
}

TEST(CommandLine, AttachWithEverything) {
    const CommandLine line =
        typed({"attach", "--json", "-o", "file", "--color", "never", "-v", "--timeout", "2.5", "--looks", "3",
               "--interval", "10", "--max-pause", "0", "--no-block", "--fail-on", "warning", "4242"});
    ASSERT_EQ(line.verb, Verb::attach) << line.text;
    EXPECT_TRUE(line.attach.json);
    EXPECT_EQ(line.attach.output, "file");
    EXPECT_EQ(line.attach.color, "never");
    EXPECT_TRUE(line.attach.verbose);
    EXPECT_EQ(line.attach.timeout_s, 2.5);
    EXPECT_EQ(line.attach.capture.looks, 3);
    EXPECT_EQ(line.attach.capture.interval_ms, 10);
    EXPECT_EQ(line.attach.capture.max_pause_ms, 0);
    EXPECT_TRUE(line.attach.no_block);
    EXPECT_EQ(line.attach.fail_on, "warning");
}

TEST(CommandLine, TheOtherVerbs) {
    EXPECT_EQ(typed({"check"}).verb, Verb::check);
    EXPECT_EQ(typed({"check", "7"}).pid, "7");
    EXPECT_EQ(typed({"explain"}).verb, Verb::explain);
    EXPECT_EQ(typed({"explain", "busy-loop"}).code, "busy-loop");
}

class Refused : public testing::TestWithParam<std::vector<const char*>> {};

TEST_P(Refused, InOneLineWithARemedy) {
    const CommandLine line = typed(GetParam());
    EXPECT_EQ(line.verb, Verb::refuse);
    EXPECT_FALSE(line.text.empty());
    EXPECT_FALSE(line.remedy.empty());
    EXPECT_EQ(line.text.find('\n'), std::string::npos) << line.text;
}

INSTANTIATE_TEST_SUITE_P(Mistakes, Refused,
                         testing::Values(std::vector<const char*>{}, std::vector<const char*>{"attach"},
                                         std::vector<const char*>{"frobnicate"},
                                         std::vector<const char*>{"attach", "1", "2"},
                                         std::vector<const char*>{"attach", "1", "--native"},
                                         std::vector<const char*>{"attach", "1", "--looks", "0"},
                                         std::vector<const char*>{"attach", "1", "--looks", "11"},
                                         std::vector<const char*>{"attach", "1", "--looks", "two"},
                                         std::vector<const char*>{"attach", "1", "--interval", "0"},
                                         std::vector<const char*>{"attach", "1", "--max-pause", "-1"},
                                         std::vector<const char*>{"attach", "1", "--timeout", "0"},
                                         std::vector<const char*>{"attach", "1", "--timeout", "nan"},
                                         std::vector<const char*>{"attach", "1", "--color", "red"},
                                         std::vector<const char*>{"attach", "1", "--fail-on", "all"},
                                         std::vector<const char*>{"attach", "1", "-o"},
                                         std::vector<const char*>{"attach", "1", "check"}));

TEST(CommandLine, AnUnknownOptionIsNamed) {
    EXPECT_NE(typed({"attach", "1", "--frobnicate"}).text.find("--frobnicate"), std::string::npos);
}

TEST(CommandLine, ABarePidIsUnderstood) {
    const CommandLine line = typed({"4242"});
    EXPECT_EQ(line.verb, Verb::refuse);
    EXPECT_EQ(line.remedy, "did you mean `subint-doctor attach 4242`?");
}

TEST(CommandLine, HelpFitsAScreen) {
    for (const auto& words :
         {std::vector<const char*>{"--help"}, {"attach", "--help"}, {"check", "-h"}, {"explain", "--help"}}) {
        const CommandLine line = typed(words);
        EXPECT_EQ(line.verb, Verb::print);
        EXPECT_NE(line.text.find("xample"), std::string::npos);
        EXPECT_LE(std::count(line.text.begin(), line.text.end(), '\n'), 36) << line.text;
    }
}

TEST(CommandLine, TheVersion) { EXPECT_TRUE(typed({"--version"}).text.starts_with("subint-doctor ")); }

TEST(NearestCode, ForgivesASlipAndNothingElse) {
    EXPECT_EQ(nearest_code("gil-held-in-nativ-code"), "gil-held-in-native-code");
    EXPECT_EQ(nearest_code("busyloop"), "busy-loop");
    EXPECT_EQ(nearest_code("zzzzzz"), "");
    EXPECT_EQ(nearest_code(""), "");
}

}  // namespace
}  // namespace subint_doctor::cli
