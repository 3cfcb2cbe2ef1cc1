#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "line_table.h"

namespace subint_doctor::test {
namespace {

using cpython::find_location;
using cpython::SourceLocation;

// What code objects of real CPythons say of themselves: co_linetable, and co_positions() as runs of code units with one
// "line:column" ("-": none). Of a module, a function and a coroutine with long and non-ASCII lines.
struct Recorded {
    int first_line;
    const char* table;
    const char* locations;
};

constexpr Recorded recorded[] = {
    // 3.13.15
    {1, "f003010101e1141ad3081b924688718a119146d1081bf40306010df31201013df9f21100091c",
     "-:-*1 2:20*2 2:8*4 2:20*3 2:15*1 2:9*3 2:20*2 2:8*2 1:0*5 10:0*4 -:-*2 2:8*3"},
    {1, "8000f00404050dd81011d81011f103011112f00600090df88804fa",
     "1:0*1 3:4*1 4:16*1 5:16*1 4:16*2 7:8*1 -:-*1 7:8*1 -:-*3"},
    {10, "e9008000dc0f1090118f748c74907aac11a834b01ad3293cd7233cd0233c8f748f748a74d1233c8f748f748f748874fc",
     "10:-*2 10:0*1 11:15*5 11:17*1 11:15*13 11:23*1 11:41*5 11:43*1 11:49*1 11:41*4 11:35*9 11:15*19 "
     "11:35*2 11:15*25 -:-*5"},
    // 3.14.8
    {1, "f003010101e1141ad3081b914688718a119146d1081bf40306010df41201013df9f21100091c",
     "-:-*1 2:20*2 2:8*4 2:20*2 2:15*1 2:9*3 2:20*2 2:8*2 1:0*5 10:0*5 -:-*2 2:8*3"},
    {1, "8000f00404050dd81011d81011f503011112f00600090df88804fa",
     "1:0*1 3:4*1 4:16*1 5:16*1 4:16*6 7:8*1 -:-*1 7:8*1 -:-*3"},
    {10,
     "e9008000dc0f1090118f748f748c74907aac11a834b01ad3293cd7233cd0233c8f748f748b74d1233c8f748f748f748b"
     "74fc",
     "10:-*2 10:0*1 11:15*5 11:17*1 11:15*21 11:23*1 11:41*5 11:43*1 11:49*1 11:41*4 11:35*9 11:15*20 "
     "11:35*2 11:15*28 -:-*5"},
    // 3.15.0
    {1, "f103010101e0141ad3081b934688718a119146d1081bf40306010df41201013df9f21100091c",
     "-:-*2 2:20*1 2:8*4 2:20*4 2:15*1 2:9*3 2:20*2 2:8*2 1:0*5 10:0*5 -:-*2 2:8*3"},
    {1, "8100f00404050dd81011d81011f503011112f00600090df88804fa",
     "1:0*2 3:4*1 4:16*1 5:16*1 4:16*6 7:8*1 -:-*1 7:8*1 -:-*3"},
    {10,
     "e9008100dc0f1090118f748f748e74907aac11a834b01ad3293cd7233cd2233c8f748f748d74d1233c8f748f748f748d"
     "74fc",
     "10:-*2 10:0*2 11:15*5 11:17*1 11:15*23 11:23*1 11:41*5 11:43*1 11:49*1 11:41*4 11:35*11 "
     "11:15*22 11:35*2 11:15*30 -:-*5"},
};

std::vector<std::byte> from_hex(const std::string& hex) {
    std::vector<std::byte> bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
        bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(at, 2), nullptr, 16)));
    }
    return bytes;
}

std::optional<int> number(const std::string& text) {
    return text == "-" ? std::nullopt : std::optional<int>(std::stoi(text));
}

std::vector<SourceLocation> expected_locations(const std::string& runs) {
    std::vector<SourceLocation> locations;
    std::istringstream words(runs);
    for (std::string word; words >> word;) {
        const std::size_t colon = word.find(':');
        const std::size_t star = word.find('*');
        const SourceLocation location{number(word.substr(0, colon)), number(word.substr(colon + 1, star - colon - 1))};
        locations.insert(locations.end(), std::stoul(word.substr(star + 1)), location);
    }
    return locations;
}

TEST(LineTable, AgreesWithWhatCPythonSaysOfEveryInstruction) {
    for (const Recorded& code : recorded) {
        const std::vector<std::byte> table = from_hex(code.table);
        const std::vector<SourceLocation> expected = expected_locations(code.locations);
        ASSERT_GT(expected.size(), 8U);
        for (std::size_t unit = 0; unit < expected.size(); ++unit) {
            EXPECT_EQ(find_location(table, code.first_line, unit), expected[unit]) << code.table << " unit " << unit;
        }
        EXPECT_EQ(find_location(table, code.first_line, expected.size()), SourceLocation()) << "past the end";
    }
}

TEST(LineTable, GivesNothingWhereTheTableIsCut) {
    for (const Recorded& code : recorded) {
        const std::vector<std::byte> table = from_hex(code.table);
        const std::size_t last = expected_locations(code.locations).size() - 1;
        for (std::size_t size = 0; size < table.size(); ++size) {
            EXPECT_EQ(find_location(std::span(table).first(size), code.first_line, last), SourceLocation());
        }
    }
}

TEST(LineTable, LeavesOutWhatIsBeyondALine) {
    const std::vector<std::byte> far = from_hex("e8ffffffffffff3f");  // no columns; a number of more than 32 bits
    EXPECT_EQ(find_location(far, 1, 0), SourceLocation());
    const std::vector<std::byte> back = from_hex("e805");  // two lines back from line 1
    EXPECT_EQ(find_location(back, 1, 0), SourceLocation());
    EXPECT_EQ(find_location(back, 7, 0).line, 5);
}

TEST(LineTable, SeparatesAbsentColumnFromColumnZero) {
    EXPECT_EQ(find_location(from_hex("f0020001"
                                     "00"),
                            4, 0),
              (SourceLocation{5, 0}));
    EXPECT_EQ(find_location(from_hex("f0020000"
                                     "00"),
                            4, 0),
              (SourceLocation{5, std::nullopt}));
    EXPECT_EQ(find_location(from_hex("e802"), 4, 0), (SourceLocation{5, std::nullopt}));
}

}  // namespace
}  // namespace subint_doctor::test
