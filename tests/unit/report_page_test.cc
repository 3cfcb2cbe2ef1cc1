#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "page.h"

namespace subint_doctor::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TextStyle narrow() {
    TextStyle style;
    style.columns = 20;
    return style;
}

TEST(Page, WrapsBetweenWordsAndIndentsWhatFollows) {
    Page page(narrow());
    page.wrapped("  * ", "one two three four five", 4);
    EXPECT_EQ(page.take(), "  * one two three\n    four five\n");
}

TEST(Page, FillsTheLineToTheLastColumnAndNotBeyond) {
    Page page(narrow());
    page.wrapped("", "12345678 1234567890 1 x", 0);
    EXPECT_EQ(page.take(), "12345678 1234567890\n1 x\n");
    Page exact(narrow());
    exact.wrapped("", "12345678 12345678901 x", 0);
    EXPECT_EQ(exact.take(), "12345678 12345678901\nx\n");
}

TEST(Page, AWordLongerThanALineStaysWhole) {
    Page page(narrow());
    page.wrapped("", "see /a/path/that/is/longer/than/twenty now", 2);
    EXPECT_EQ(page.take(), "see\n  /a/path/that/is/longer/than/twenty\n  now\n");
}

TEST(Page, CountsCharactersNotBytes) {
    EXPECT_EQ(columns_of("caf\xc3\xa9"), 4);
    Page page(narrow());
    page.wrapped("", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 1234567890", 0);
    EXPECT_EQ(lines_of(page.take()).size(), 1U);
}

TEST(Page, PutsTheCodeAtTheRightMarginOrBelow) {
    Page page(narrow());
    page.heading("Why", "some-code");
    page.heading("A longer title", "some-code");
    EXPECT_EQ(page.take(), "Why        some-code\nA longer title\n           some-code\n");
}

TEST(Page, TheVerdictCarriesConfidenceAndCode) {
    Page page(narrow());
    page.verdict({"HUNG: ", "it hangs.", "likely", "a-code", Page::Tone::alarm});
    EXPECT_EQ(page.take(), "HUNG: it hangs.\n              likely\n              a-code\n");
}

TEST(Page, ColoursVerdictAndHeadingsOnly) {
    TextStyle style = narrow();
    style.color = true;
    Page page(style);
    page.heading("Why", "code");
    page.wrapped("  * ", "a fact", 4);
    page.line("a line");
    EXPECT_EQ(page.take(), "\x1b[1mWhy\x1b[0m             code\n  * a fact\na line\n");
}

TEST(Page, ThePatientCannotSendControlBytes) {
    TextStyle style = narrow();
    Page page(style);
    page.heading("\x1b[2J", "");
    page.wrapped("\x07", "\x1b]0;x\x07", 0);
    page.line("a\nb");
    page.verdict({"HUNG: ", "\x1b[1m", "", "", Page::Tone::plain});
    const std::string text = page.take();
    EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) { return c != '\n' && (c < 0x20 || c == 0x7f); }));
    EXPECT_NE(text.find("a\\x0ab"), std::string::npos);
}

TEST(Page, OneBlankLineHoweverOftenAskedFor) {
    Page page(narrow());
    page.blank();
    page.line("a");
    page.blank();
    page.blank();
    page.line("b");
    EXPECT_EQ(page.take(), "a\n\nb\n");
}

}  // namespace
}  // namespace subint_doctor::report
