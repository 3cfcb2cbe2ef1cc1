#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "child.h"
#include "patient_files.h"

namespace subint_doctor::os {
namespace {

// A folder of the test's, read as a file of its own process.
class PatientFiles : public testing::Test {
protected:
    PatientFiles() : folder_(std::filesystem::temp_directory_path() / ("files-" + std::to_string(getpid()))) {
        std::filesystem::create_directories(folder_);
    }
    ~PatientFiles() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ / name; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name)) << text;
        return path(name);
    }
    static std::optional<FileText> read(const std::string& path, std::size_t most_bytes = 100) {
        const auto self = pin_process(getpid());
        EXPECT_TRUE(self);
        return read_patient_files(*self, std::span(&path, 1), most_bytes)->front();
    }

    std::filesystem::path folder_;
};

TEST_F(PatientFiles, TheBeginningAndTheTimeOfAFile) {
    const auto found = read(write("app.py", "x = 1\ny = 2\n"), 7);
    ASSERT_TRUE(found) << "is the temporary folder on a local file system?";
    EXPECT_EQ(found->text, "x = 1\ny");
    struct stat facts {};
    ASSERT_EQ(stat(path("app.py").c_str(), &facts), 0);
    EXPECT_EQ(found->modified_unix_ms / 1'000, facts.st_mtime);
    EXPECT_EQ(read(path("app.py"))->text, "x = 1\ny = 2\n");
}

TEST_F(PatientFiles, WhatIsNoRegularFileIsNotRead) {
    ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
    EXPECT_FALSE(read(path("fifo")));
    EXPECT_FALSE(read(folder_));
    EXPECT_FALSE(read("/dev/zero"));
    EXPECT_FALSE(read(path("missing")));
    EXPECT_FALSE(read("app.py")) << "relative to what, at which time?";
}

TEST_F(PatientFiles, NothingIsAskedOfOtherFileSystems) {
    EXPECT_FALSE(read("/proc/self/maps"));
    for (const char* name : {"nfs4", "cifs", "fuse.sshfs", "fuse", "9p", "proc", ""})
        EXPECT_FALSE(is_local_file_system(name)) << name;
    EXPECT_TRUE(is_local_file_system("ext4"));
    EXPECT_TRUE(is_local_file_system("overlay"));
}

// It names the files that are shown, and whoever looks may be root.
TEST_F(PatientFiles, OnlyWhatItsOwnUserMayRead) {
    constexpr uid_t nobody = 65534;
    const test::Child child([] {
        ASSERT_EQ(setresgid(nobody, nobody, nobody), 0);
        ASSERT_EQ(setresuid(nobody, nobody, nobody), 0);
    });
    const auto patient = pin_process(child.pid());
    ASSERT_TRUE(patient);
    ASSERT_TRUE(test::eventually([&] {
        const auto status = read_status(patient->proc.fd());
        return status && status->uids[3] == nobody && child.state() == 'S';
    }));
    const auto shown = [&](const std::string& file) {
        return read_patient_files(*patient, std::span(&file, 1), 100)->front().has_value();
    };
    const std::string file = write("app.py", "x = 1\n");
    ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
    ASSERT_EQ(chmod(file.c_str(), 0644), 0);
    EXPECT_TRUE(shown(file));
    ASSERT_EQ(chmod(file.c_str(), 0640), 0);
    EXPECT_FALSE(shown(file)) << "root's group is not its own";
    ASSERT_EQ(chmod(file.c_str(), 0644), 0);
    ASSERT_EQ(chmod(folder_.c_str(), 0700), 0);
    EXPECT_FALSE(shown(file)) << "in a folder that it may not enter";
    EXPECT_TRUE(read(file)) << "this thread is root again";
}

TEST_F(PatientFiles, ALeaseIsNotBroken) {
    const std::string file = write("leased.py", "x = 1\n");
    ASSERT_TRUE(read(file));
    const File holder(open(file.c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(fcntl(holder.fd(), F_SETLEASE, F_WRLCK), 0);
    EXPECT_FALSE(read(file));
    EXPECT_EQ(fcntl(holder.fd(), F_GETLEASE), F_WRLCK);
}

TEST(MountLine, IsTakenApart) {
    const auto mount = parse_mount_line("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext4 /dev/root rw");
    ASSERT_TRUE(mount);
    EXPECT_EQ(mount->id, 36U);
    EXPECT_EQ(mount->file_system, "ext4");
    EXPECT_FALSE(parse_mount_line("36 35 98:0 /mnt1 /mnt2 rw,noatime"));
    EXPECT_FALSE(parse_mount_line("x 35 98:0 / / rw - ext4 /dev/root rw"));
}

}  // namespace
}  // namespace subint_doctor::os
