#include <gtest/gtest.h>

#include "subint_doctor/report/escape.h"

namespace subint_doctor::report {
namespace {

TEST(Visible, PlainTextStaysAsItIs) { EXPECT_EQ(visible("worker-1 \\ ~"), "worker-1 \\ ~"); }

TEST(Visible, WellFormedUtf8Stays) {
    const std::string text = "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d \xc2\xa0";
    EXPECT_EQ(visible(text), text);
}

TEST(Visible, ControlCharactersAreSpelledOut) {
    EXPECT_EQ(visible(std::string_view("a\x1b[31m\n\r\t\0\x7f"
                                       "b",
                                       12)),
              "a\\x1b[31m\\x0a\\x0d\\x09\\x00\\x7fb");
}

TEST(Visible, C1ControlsAreSpelledOutByTheirNumber) {
    EXPECT_EQ(visible("\xc2\x9b"
                      "2J\xc2\x80"),
              "\\x9b2J\\x80");
}

TEST(Visible, WhatReordersOrHidesTextIsSpelledOut) {
    EXPECT_EQ(visible("a\xe2\x80\xae-"), "a\\u202e-");
    EXPECT_EQ(visible("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029");
    EXPECT_EQ(visible("\xef\xbb\xbf"), "\\ufeff");
    EXPECT_EQ(visible("\xd8\x9c\xe2\x80\x8e\xe2\x81\xa6\xe2\x80\x8b"), "\\u061c\\u200e\\u2066\\u200b");
    EXPECT_EQ(visible("\xf3\xa0\x80\x81"), "\\U000e0001");
}

TEST(Visible, TheNeighboursOfWhatIsHiddenStay) {
    const std::string text = "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\x9f\xe2\x81\xb0\xd8\x9d";
    EXPECT_EQ(visible(text), text);
}

TEST(Cut, NeverBreaksACharacter) {
    EXPECT_EQ(cut("caf\xc3\xa9", 4), "caf");
    EXPECT_EQ(cut("caf\xc3\xa9", 5), "caf\xc3\xa9");
    EXPECT_EQ(cut("\x80\x80\x80", 1), "");
    EXPECT_EQ(cut("abc", 0), "");
}

class NotUtf8 : public testing::TestWithParam<const char*> {};

TEST_P(NotUtf8, IsReplaced) {
    const std::string shown = visible(GetParam());
    EXPECT_TRUE(shown.starts_with("\xef\xbf\xbd")) << shown;
    EXPECT_TRUE(shown.ends_with("z"));
    EXPECT_EQ(visible(shown), shown);
}

INSTANTIATE_TEST_SUITE_P(Bytes, NotUtf8,
                         testing::Values("\x9b"
                                         "z",
                                         "\xffz",
                                         "\xc0\xaf"
                                         "z",
                                         "\xe0\x9f\xbf"
                                         "z",
                                         "\xed\xa0\x80z", "\xf4\x90\x80\x80z", "\xf0\x8f\xbf\xbfz", "\xe2\x82z",
                                         "\xc3z"));

TEST(Visible, ACutSequenceAtTheEndIsReplaced) { EXPECT_EQ(visible("a\xe2\x82"), "a\xef\xbf\xbd\xef\xbf\xbd"); }

}  // namespace
}  // namespace subint_doctor::report
