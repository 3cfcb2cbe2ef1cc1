#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "output.h"

namespace subint_doctor::cli {
namespace {

namespace fs = std::filesystem;

class WriteOutput : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/outputXXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string content(const fs::path& path) const {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder_), fs::directory_iterator()); }

    fs::path folder_;
};

TEST_F(WriteOutput, MakesTheFileAndNothingElse) {
    ASSERT_TRUE(write_output(folder_ / "report", "text\n").ok());
    EXPECT_EQ(content(folder_ / "report"), "text\n");
    EXPECT_EQ(files(), 1);
}

TEST_F(WriteOutput, ReplacesWhatWasThereAndKeepsItsMode) {
    std::ofstream(folder_ / "report") << "a longer text that was there before";
    ASSERT_EQ(chmod((folder_ / "report").c_str(), 0600), 0);
    ASSERT_TRUE(write_output(folder_ / "report", "new").ok());
    EXPECT_EQ(content(folder_ / "report"), "new");
    EXPECT_EQ(fs::status(folder_ / "report").permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(files(), 1);
}

TEST_F(WriteOutput, ALinkStaysALink) {
    std::ofstream(folder_ / "real") << "old";
    fs::create_symlink("real", folder_ / "link");
    ASSERT_TRUE(write_output(folder_ / "link", "new").ok());
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(content(folder_ / "real"), "new");
}

TEST_F(WriteOutput, AMissingFolderIsAnError) {
    const Status written = write_output(folder_ / "missing" / "report", "text");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().errno_value, ENOENT);
}

TEST_F(WriteOutput, AFullDeviceIsAnError) {
    const Status written = write_output("/dev/full", "text");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().errno_value, ENOSPC);
}

TEST_F(WriteOutput, ADeviceIsNotReplaced) {
    ASSERT_TRUE(write_output("/dev/null", "text").ok());
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace subint_doctor::cli
