#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "pages.h"
#include "roff.h"

namespace subint_doctor::cli {
namespace {

std::string shown(std::string_view page, int columns = 40) { return render_roff(page, {columns, false}); }

TEST(RenderRoff, SectionsAndParagraphs) {
    EXPECT_EQ(shown(".TH X 7 2026-01-01\n.SH NAME\nx \\- does y\n.SH WHY\nOne.\n.PP\nTwo.\n"),
              "NAME\n    x - does y\n\nWHY\n    One.\n\n    Two.\n");
}

TEST(RenderRoff, FillsLinesUpToTheWidth) {
    EXPECT_EQ(shown(".SH A\naaaa bbbb\ncccc dddd\n", 14), "A\n    aaaa bbbb\n    cccc dddd\n");
    EXPECT_EQ(shown(".SH A\naaaa bbbb\ncccc dddd\n", 13), "A\n    aaaa bbbb\n    cccc dddd\n");
    EXPECT_EQ(shown(".SH A\naaaa bbbb\ncccc dddd\n", 12), "A\n    aaaa\n    bbbb\n    cccc\n    dddd\n");
}

TEST(RenderRoff, FontsAreDroppedWithoutColour) {
    EXPECT_EQ(shown(".SH A\nthe \\fBbold\\fR and\n.I slanted text\nand\n.BR proc (5),\n"),
              "A\n    the bold and slanted text and\n    proc(5),\n");
}

TEST(RenderRoff, FontsAreShownWithColourAndEndWithTheWord) {
    EXPECT_EQ(render_roff(".SH A\n\\fBtwo words\\fR end\n.BR x (1)\n", {80, true}),
              "\x1b[1mA\x1b[0m\n    \x1b[1mtwo\x1b[0m \x1b[1mwords\x1b[0m end \x1b[1mx\x1b[0m(1)\n");
}

TEST(RenderRoff, ColourDoesNotChangeWhereLinesBreak) {
    const std::string_view page = ".SH A\n\\fBaaaa\\fR \\fIbbbb\\fR cccc\n";
    const std::string colored = render_roff(page, {14, true});
    const std::string plain = shown(page, 14);
    EXPECT_EQ(std::count(colored.begin(), colored.end(), '\n'), std::count(plain.begin(), plain.end(), '\n'));
}

TEST(RenderRoff, AShortTagSharesItsLine) {
    EXPECT_EQ(shown(".SH A\n.TP\n.B 7\nPartial.\n.TP\n.B a\\-longer\\-tag\nText.\n"),
              "A\n    7       Partial.\n\n    a-longer-tag\n            Text.\n");
}

TEST(RenderRoff, ItemsHaveTheirOwnIndent) {
    EXPECT_EQ(shown(".SH A\nThus:\n.IP \\- 2\none two three four five six seven eight\n", 24),
              "A\n    Thus:\n\n    - one two three four\n      five six seven\n      eight\n");
}

TEST(RenderRoff, UnfilledLinesStayAsTheyAre) {
    EXPECT_EQ(shown(".SH A\nRun:\n.PP\n.nf\n    cmd  \\-x\n\nnext\n.fi\nThen.\n"),
              "A\n    Run:\n\n        cmd  -x\n\n    next\n    Then.\n");
}

TEST(RenderRoff, NestingIndents) {
    EXPECT_EQ(shown(".SH A\nout\n.RS\n.PP\nin\n.RE\n.PP\nout\n"), "A\n    out\n\n        in\n\n    out\n");
}

TEST(RenderRoff, EscapesAndQuotedArguments) {
    EXPECT_EQ(shown(".SH A\nit\\(aqs a\\(emb \\e \\-\\-x\n.BR \"a b\" c\n"), "A\n    it's a--b \\ --x a bc\n");
}

TEST(RenderRoff, BrokenPagesAreHarmless) {
    for (const char* page :
         {"", "\\", ".", ".TP", ".SH", "\\f", "\\(", "\\(e", ".RE\n.RE\ntext", ".IP x 99999999999\ny"}) {
        EXPECT_LE(shown(page).size(), 60U) << page;
    }
}

TEST(RoffSummary, IsWhatFollowsTheDash) {
    EXPECT_EQ(roff_summary(".SH NAME\nx \\- a thread\\(aqs end\n.SH B\n"), "a thread's end");
    EXPECT_EQ(roff_summary(".SH NAME\n"), "");
}

TEST(Pages, EveryPageRendersWithinItsWidthAndWithoutRoffLeft) {
    ASSERT_FALSE(all_pages().empty());
    for (const Page& page : all_pages()) {
        EXPECT_FALSE(roff_summary(page.roff).empty()) << page.code;
        std::istringstream lines(shown(page.roff, 80));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 80U) << page.code << ": " << line;
            EXPECT_EQ(line.find("\\f"), std::string::npos) << page.code << ": " << line;
        }
    }
}

}  // namespace
}  // namespace subint_doctor::cli
