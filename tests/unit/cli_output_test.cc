#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

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

TEST_F(WriteOutput, AFileThatIsThereStaysTheSameFile) {
    const fs::path path = folder_ / "report";
    std::ofstream(path) << "old and longer";
    fs::create_hard_link(path, folder_ / "other-name");
    const bool has_attributes = setxattr(path.c_str(), "user.kept", "1", 1, 0) == 0;
    struct stat before = {};
    ASSERT_EQ(stat(path.c_str(), &before), 0);
    ASSERT_TRUE(write_output(path, "new").ok());
    struct stat after = {};
    ASSERT_EQ(stat(path.c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
    EXPECT_EQ(content(folder_ / "other-name"), "new");
    char value = 0;
    if (has_attributes) {
        EXPECT_EQ(getxattr(path.c_str(), "user.kept", &value, 1), 1);
    }
}

TEST_F(WriteOutput, ANewFileFollowsTheUmask) {
    const mode_t before = umask(027);
    EXPECT_TRUE(write_output(folder_ / "report", "text").ok());
    umask(before);
    EXPECT_EQ(fs::status(folder_ / "report").permissions(), fs::perms{0640});
}

TEST_F(WriteOutput, ANameMayBeAsLongAsTheFileSystemAllows) {
    const std::string name(250, 'n');
    ASSERT_TRUE(write_output(folder_ / name, "new").ok());
    ASSERT_TRUE(write_output(folder_ / name, "newer").ok());
    EXPECT_EQ(content(folder_ / name), "newer");
    EXPECT_EQ(files(), 1);
}

TEST_F(WriteOutput, ALinkThatLeadsToNothingYetStaysALink) {
    fs::create_symlink("real", folder_ / "link");
    ASSERT_TRUE(write_output(folder_ / "link", "new").ok());
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(content(folder_ / "real"), "new");
}

TEST_F(WriteOutput, AFifoThatNobodyReadsIsAnErrorThatSaysSo) {
    ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
    const Status written = write_output(folder_ / "fifo", "text");
    ASSERT_FALSE(written.ok());
    EXPECT_NE(written.error().doing.find("FIFO that nobody reads"), std::string::npos);
}

TEST_F(WriteOutput, AFifoGetsTheTextWholeOnceItIsRead) {
    const fs::path path = folder_ / "fifo";
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    const std::string text(1U << 20U, 'x');  // more than a pipe holds
    std::string read;
    std::thread reader([&] { read = content(path); });
    EXPECT_TRUE(write_output(path, text).ok());
    reader.join();
    EXPECT_EQ(read, text);
}

class FileSizeLimit : public WriteOutput {
protected:
    void SetUp() override {
        WriteOutput::SetUp();
        before_signal_ = std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small = {4096, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
    }
    void TearDown() override {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, before_signal_);
        WriteOutput::TearDown();
    }
    rlimit before_ = {};
    void (*before_signal_)(int) = nullptr;
};

TEST_F(FileSizeLimit, LeavesNoNewFile) {
    const Status written = write_output(folder_ / "report", std::string(10'000, 'x'));
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().errno_value, EFBIG);
    EXPECT_EQ(files(), 0);
}

TEST_F(FileSizeLimit, LeavesTheOldFileAsItWas) {
    std::ofstream(folder_ / "report") << "old";
    ASSERT_FALSE(write_output(folder_ / "report", std::string(10'000, 'x')).ok());
    EXPECT_EQ(content(folder_ / "report"), "old");
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
