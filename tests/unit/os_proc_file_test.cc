#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "line_reader.h"
#include "pinned_process.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

class ProcFile : public testing::Test {
protected:
    void SetUp() override { std::filesystem::create_directory(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    const char* file_of(std::string_view text) {
        std::ofstream(path_) << text;
        return path_.c_str();
    }

    std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("proc." + std::to_string(getpid()));
    std::filesystem::path path_ = folder_ / "file";
};

TEST_F(ProcFile, IsReadWholeWhateverItsLength) {
    std::string buffer;
    for (const std::size_t size : {0, 1, 8'191, 8'192, 8'193, 100'000}) {
        const std::string text(size, 'x');
        const auto read = read_text(AT_FDCWD, file_of(text), buffer);
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, text);
    }
}

TEST_F(ProcFile, BeyondItsLimitIsAnError) {
    std::string buffer;
    EXPECT_EQ(read_text(AT_FDCWD, file_of(std::string(3U << 20, 'x')), buffer).error().code, ErrorCode::limit);
    EXPECT_EQ(read_whole(AT_FDCWD, path_.c_str(), 100).error().code, ErrorCode::limit);
    EXPECT_EQ(read_whole(AT_FDCWD, file_of("12345"), 5).value_or(""), "12345");
    const auto cut = read_beginning(AT_FDCWD, path_.c_str(), 3);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->text, "123");
    EXPECT_FALSE(cut->complete);
}

// The lines that matter come behind the list of groups.
TEST_F(ProcFile, AStatusWithThousandsOfGroups) {
    std::string groups;
    for (int n = 0; n < 20'000; ++n) groups += std::to_string(1'000'000'000 + n) + ' ';
    const std::string text = "Name:\tpython3\nState:\tS (sleeping)\nTgid:\t42\nGroups:\t" + groups +
                             "\nNStgid:\t42\nNSpid:\t42\nSigIgn:\t0000000000000200\n";
    const auto status = read_status(AT_FDCWD, file_of(text));
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->ignored.has(SIGUSR1));
    EXPECT_EQ(status->namespace_depth, 1);
    EXPECT_EQ(status->namespace_id, 42);
}

TEST_F(ProcFile, AListIsCutAtItsLimit) {
    for (const char* name : {"1", "2", "3", "x", "4y"}) std::ofstream(folder_ / name) << "";
    const auto all = list_numbers(AT_FDCWD, folder_.c_str(), 3);
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->complete);
    EXPECT_EQ(all->numbers.size(), 3U);
    const auto some = list_numbers(AT_FDCWD, folder_.c_str(), 2);
    ASSERT_TRUE(some);
    EXPECT_FALSE(some->complete);
    EXPECT_EQ(some->numbers.size(), 2U);
}

TEST_F(ProcFile, LinesComeOneByOne) {
    std::vector<std::string> expected;
    std::string text;
    for (int n = 0; n < 20'000; ++n) {
        expected.push_back("line " + std::to_string(n));
        text += expected.back() + '\n';
    }
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line) {
        lines.emplace_back(line);
        return lines.size() < 19'999;
    };
    ASSERT_TRUE(read_lines(AT_FDCWD, file_of(text), 1U << 20, take).ok());
    expected.pop_back();
    EXPECT_EQ(lines, expected);
    lines.clear();
    ASSERT_TRUE(read_lines(AT_FDCWD, file_of("a\n\nb"), 1U << 20, take).ok());
    EXPECT_EQ(lines, (std::vector<std::string>{"a", "", "b"}));
}

TEST_F(ProcFile, TooManyOrTooLongLinesAreALimit) {
    const auto take = [](std::string_view) { return true; };
    EXPECT_EQ(read_lines(AT_FDCWD, file_of(std::string(50'000, '\n')), 10'000, take).error().code, ErrorCode::limit);
    EXPECT_EQ(read_lines(AT_FDCWD, file_of(std::string(50'000, 'x')), 1U << 20, take).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace subint_doctor::os
