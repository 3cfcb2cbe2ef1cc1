#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "called_as.h"
#include "command_line.h"
#include "nearest.h"
#include "pid.h"
#include "verbs/attach.h"

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

AttachOptions attach_options(std::vector<std::string> words) {
    CLI::App app;
    AttachOptions options;
    add_attach_options(app, options);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
    return options;
}

TEST(CommandLine, AttachWithItsDefaults) {
    const CommandLine line = typed({"attach", "4242"});
    ASSERT_EQ(line.request, Request::run) << line.text;
    EXPECT_EQ(line.verb->name, "attach");
    const AttachOptions options = attach_options({"4242"});
    EXPECT_EQ(options.patients.arguments, std::vector<std::string>{"4242"});
    EXPECT_FALSE(options.json);
    EXPECT_FALSE(options.no_block);
    EXPECT_EQ(options.color, "auto");
    EXPECT_EQ(options.capture.looks, 2);
    EXPECT_EQ(options.capture.interval_ms, 27);
    EXPECT_EQ(options.capture.max_pause_ms, 50);
    EXPECT_EQ(options.timeout_s, 10);
    EXPECT_EQ(options.fail_on, "");
}

TEST(CommandLine, AttachWithEverything) {
    const AttachOptions options =
        attach_options({"--json", "-o", "file", "--color", "never", "-v", "--timeout", "2.5", "--looks", "3",
                        "--interval", "10", "--max-pause", "0", "--no-block", "--fail-on", "warning", "4242"});
    EXPECT_TRUE(options.json);
    EXPECT_EQ(options.output, "file");
    EXPECT_EQ(options.color, "never");
    EXPECT_TRUE(options.verbose);
    EXPECT_EQ(options.timeout_s, 2.5);
    EXPECT_EQ(options.capture.looks, 3);
    EXPECT_EQ(options.capture.interval_ms, 10);
    EXPECT_EQ(options.capture.max_pause_ms, 0);
    EXPECT_TRUE(options.no_block);
    EXPECT_EQ(options.fail_on, "warning");
    EXPECT_EQ(options.patients.arguments, std::vector<std::string>{"4242"});
}

TEST(CommandLine, SeveralProcessesAndThePidOption) {
    const AttachOptions options = attach_options({"12", "--pid", "14", "13", "--pid", "15"});
    const Result<std::vector<int>> pids = pids_of(options.patients);
    ASSERT_TRUE(pids);
    EXPECT_EQ(*pids, (std::vector<int>{12, 13, 14, 15}));
    const Result<std::vector<int>> wrong = pids_of(attach_options({"12", "x13"}).patients);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().doing.find("'x13'"), std::string::npos);
}

TEST(CommandLine, TheOtherVerbs) {
    for (const std::vector<const char*>& words :
         {std::vector<const char*>{"check"}, {"check", "7"}, {"check", "--pid", "7"}}) {
        ASSERT_EQ(typed(words).request, Request::run);
        EXPECT_EQ(typed(words).verb->name, "check");
    }
    ASSERT_EQ(typed({"explain", "busy-loop"}).request, Request::run);
    EXPECT_EQ(typed({"explain", "busy-loop"}).verb->name, "explain");
}

TEST(AllVerbs, AreSortedAndFoundByName) {
    const auto verbs = all_verbs();
    ASSERT_FALSE(verbs.empty());
    EXPECT_TRUE(std::is_sorted(verbs.begin(), verbs.end(), [](auto* a, auto* b) { return a->name < b->name; }));
    for (const Verb* verb : verbs) EXPECT_EQ(find_verb(verb->name), verb);
    EXPECT_EQ(find_verb("attac"), nullptr);
}

class Refused : public testing::TestWithParam<std::vector<const char*>> {};

TEST_P(Refused, InOneLineWithARemedy) {
    const CommandLine line = typed(GetParam());
    EXPECT_EQ(line.request, Request::refuse);
    EXPECT_FALSE(line.text.empty());
    EXPECT_FALSE(line.remedy.empty());
    EXPECT_EQ(line.text.find('\n'), std::string::npos) << line.text;
}

INSTANTIATE_TEST_SUITE_P(Mistakes, Refused,
                         testing::Values(std::vector<const char*>{}, std::vector<const char*>{"frobnicate"},
                                         std::vector<const char*>{"attach", "1", "--nativ"},
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
                                         std::vector<const char*>{"attach", "1", "--pid"},
                                         std::vector<const char*>{"--json", "attach", "1"},
                                         std::vector<const char*>{"explain", "a", "b"}));

TEST(CommandLine, AnUnknownOptionIsNamed) {
    EXPECT_NE(typed({"attach", "1", "--frobnicate"}).text.find("--frobnicate"), std::string::npos);
}

TEST(CommandLine, WhatIsNearIsSuggested) {
    EXPECT_EQ(typed({"attach", "1", "--jsn"}).text, "there is no option '--jsn'; did you mean '--json'?");
    EXPECT_EQ(typed({"attach", "1", "--time=3"}).text, "there is no option '--time'; did you mean '--timeout'?");
    EXPECT_EQ(typed({"atach", "1"}).text, "there is no command 'atach'; did you mean 'attach'?");
    EXPECT_EQ(typed({"zzzzzzzz"}).text, "there is no command 'zzzzzzzz'");
    EXPECT_EQ(typed({"zzzzzzzz"}).remedy, "commands: attach check explain");
}

TEST(CommandLine, ABarePidIsUnderstood) {
    const CommandLine line = typed({"4242"});
    EXPECT_EQ(line.request, Request::refuse);
    EXPECT_EQ(line.remedy, "did you mean `subint-doctor attach 4242`?");
}

TEST(CommandLine, HelpFitsAScreen) {
    for (const auto& words :
         {std::vector<const char*>{"--help"}, {"attach", "--help"}, {"check", "-h"}, {"explain", "--help"}}) {
        const CommandLine line = typed(words);
        EXPECT_EQ(line.request, Request::print);
        EXPECT_NE(line.text.find("xample"), std::string::npos);
        EXPECT_LE(std::count(line.text.begin(), line.text.end(), '\n'), 36) << line.text;
    }
}

TEST(CommandLine, TheVersion) { EXPECT_TRUE(typed({"--version"}).text.starts_with("subint-doctor ")); }

TEST(Nearest, ForgivesASlipAndNothingElse) {
    const std::vector<std::string_view> codes = {"busy-loop", "gil-held-in-native-code"};
    EXPECT_EQ(nearest("gil-held-in-nativ-code", codes), "gil-held-in-native-code");
    EXPECT_EQ(nearest("busyloop", codes), "busy-loop");
    EXPECT_EQ(nearest("zzzzzz", codes), "");
    EXPECT_EQ(nearest("", codes), "");
    EXPECT_EQ(nearest(std::string(100'000, 'b'), codes), "");
}

class CalledAs : public testing::Test {
protected:
    void SetUp() override { path_ = std::getenv("PATH"); }
    void TearDown() override {
        setenv("PATH", path_.c_str(), 1);
        remember_call("subint-doctor");
    }
    std::string path_;
};

TEST_F(CalledAs, APathIsRepeatedAndQuotedWhereNeeded) {
    remember_call("./build/subint-doctor");
    EXPECT_EQ(with_called_name("see `subint-doctor attach 1`"), "see `./build/subint-doctor attach 1`");
    EXPECT_EQ(with_called_name("sudo subint-doctor --help"), "sudo ./build/subint-doctor --help");
    remember_call("/my tools/it's");
    EXPECT_EQ(called_as(), "'/my tools/it'\\''s'");
}

TEST_F(CalledAs, OnlyACommandIsReplaced) {
    remember_call("./subint-doctor");
    for (const char* text : {"see man subint-doctor", "a bug of subint-doctor; sorry", "run subint-doctor as root",
                             "subint-doctor: no", "not-subint-doctor attach"}) {
        EXPECT_EQ(with_called_name(text), text);
    }
}

TEST_F(CalledAs, ThePlainNameIsEnoughWherePathLeadsToTheSameFile) {
    setenv("PATH", "/nowhere:/usr/bin", 1);
    remember_call("/usr/bin/env");
    EXPECT_EQ(called_as(), "env");
    setenv("PATH", "/nowhere", 1);
    remember_call("/usr/bin/env");
    EXPECT_EQ(called_as(), "/usr/bin/env");
    remember_call("subint-doctor");
    EXPECT_EQ(called_as(), "subint-doctor");
    remember_call(nullptr);
    EXPECT_EQ(called_as(), "subint-doctor");
}

}  // namespace
}  // namespace subint_doctor::cli
