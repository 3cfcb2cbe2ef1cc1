#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "leases.h"
#include "maps.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {
namespace {

TEST(Maps, ALineTellsEverything) {
    const auto mappings =
        parse_maps("7f00-7fff r-xp 0000a000 fe:1f 4711                       /usr/bin/a b\\012 (deleted)\n");
    ASSERT_EQ(mappings.size(), 1U);
    const Mapping& mapping = mappings[0];
    EXPECT_EQ(mapping.start, Address{0x7f00});
    EXPECT_EQ(mapping.end, Address{0x7fff});
    EXPECT_EQ(mapping.file_offset, 0xa000U);
    EXPECT_TRUE(mapping.readable && !mapping.writable && mapping.executable);
    EXPECT_EQ(mapping.device, makedev(0xfe, 0x1f));
    EXPECT_EQ(mapping.inode, 4711U);
    EXPECT_EQ(mapping.path, "/usr/bin/a b\\012 (deleted)");
}

TEST(Maps, OtherLinesAreLeftOut) {
    const auto mappings = parse_maps(
        "7ffc-7ffd rw-p 00000000 00:00 0                          [stack]\n"
        "\n"
        "7f00 r-xp 0 fe:00 1\n"
        "7f00-zzzz r-xp 0 fe:00 1\n"
        "7f00-7fff r-x 0 fe:00 1\n"
        "7f00-7fff r-xp 0 fe00 1\n"
        "-\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0");
    ASSERT_EQ(mappings.size(), 2U);
    EXPECT_EQ(mappings[0].path, "[stack]");
    EXPECT_EQ(mappings[1].path, "");
}

// A file of ours, mapped; what the patient's memory map says about it.
class MappedFile : public testing::Test {
protected:
    void SetUp() override {
        std::ofstream(path_) << "hello";
        const File file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        memory_ = mmap(nullptr, 5, PROT_READ, MAP_PRIVATE, file.fd(), 0);
        ASSERT_NE(memory_, MAP_FAILED);
        auto opened = open_live(getpid());
        ASSERT_TRUE(opened);
        self_ = std::move(*opened);
        mapping_ = find();
    }
    void TearDown() override {
        munmap(memory_, 5);
        std::filesystem::remove(path_);
    }

    Mapping find() const {
        const auto mappings = self_->mappings();
        EXPECT_TRUE(mappings);
        const Address start{reinterpret_cast<std::uint64_t>(memory_)};
        const auto found = std::ranges::find(*mappings, start, &Mapping::start);
        EXPECT_NE(found, mappings->end());
        return found == mappings->end() ? Mapping{} : *found;
    }

    std::string content(const Result<File>& file) const {
        std::string text(5, '\0');
        if (!file) return describe(file.error());
        return pread(file->fd(), text.data(), 5, 0) == 5 ? text : "";
    }

    std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("mapped." + std::to_string(getpid()));
    void* memory_ = nullptr;
    std::unique_ptr<Target> self_;
    Mapping mapping_;
};

TEST_F(MappedFile, IsFoundAndOpened) {
    EXPECT_EQ(mapping_.path, path_.string());
    EXPECT_EQ(content(self_->open_mapped(mapping_)), "hello");
}

TEST_F(MappedFile, ByItsPathWhereMapFilesDoesNotLeadThere) {
    mapping_.end = mapping_.start;
    EXPECT_EQ(content(self_->open_mapped(mapping_)), "hello");
}

TEST_F(MappedFile, AnotherFileAtItsPathIsRefused) {
    std::filesystem::remove(path_);
    std::ofstream(path_) << "other";
    mapping_.end = mapping_.start;
    EXPECT_FALSE(self_->open_mapped(mapping_));
}

TEST_F(MappedFile, AFifoAtItsPathIsNotWaitedFor) {
    std::filesystem::remove(path_);
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    mapping_.end = mapping_.start;
    EXPECT_FALSE(self_->open_mapped(mapping_));
}

// Opening it would tell the holder to give its lease up, and wait for that.
TEST_F(MappedFile, OneUnderALeaseIsLeftAlone) {
    ASSERT_EQ(munmap(memory_, 5), 0);
    const File file(open(path_.c_str(), O_RDWR | O_CLOEXEC));
    signal(SIGIO, SIG_IGN);
    ASSERT_EQ(fcntl(file.fd(), F_SETLEASE, F_WRLCK), 0);
    mapping_.end = mapping_.start;
    const auto opened = self_->open_mapped(mapping_);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().doing.find("lease"), std::string::npos);
    EXPECT_EQ(fcntl(file.fd(), F_GETLEASE), F_WRLCK) << "it was asked to give it up";
    ASSERT_EQ(fcntl(file.fd(), F_SETLEASE, F_UNLCK), 0);
    EXPECT_EQ(content(self_->open_mapped(mapping_)), "hello");
    signal(SIGIO, SIG_DFL);
}

// What open_mapped() relies on: for the program that runs, no list of leases has to be read.
TEST(Leases, AProgramThatRunsCanHaveNone) {
    const File program(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(program.is_open());
    EXPECT_NE(fcntl(program.fd(), F_SETLEASE, F_WRLCK), 0);
    EXPECT_EQ(errno, EAGAIN);
}

TEST(Leases, ALineNamesAFile) {
    const std::uint64_t device = makedev(0xfe, 0x1);
    constexpr const char* write_lease = "1: LEASE  ACTIVE    WRITE 1234 fe:01:4711 0 EOF";
    EXPECT_TRUE(is_lease_against_reading(write_lease, device, 4711));
    EXPECT_FALSE(is_lease_against_reading(write_lease, device, 4712));
    EXPECT_FALSE(is_lease_against_reading(write_lease, makedev(0xfe, 2), 4711));
    EXPECT_FALSE(is_lease_against_reading("1: LEASE  ACTIVE    READ 1234 fe:01:4711 0 EOF", device, 4711));
    EXPECT_TRUE(is_lease_against_reading("1: LEASE  BREAKING  READ 1234 fe:01:4711 0 EOF", device, 4711));
    EXPECT_FALSE(is_lease_against_reading("1: POSIX  ADVISORY  WRITE 1234 fe:01:4711 0 EOF", device, 4711));
    for (const char* line : {"", "1:", "1: LEASE", "1: LEASE ACTIVE WRITE 1 fe:01", "1: LEASE ACTIVE WRITE 1 ::"}) {
        EXPECT_FALSE(is_lease_against_reading(line, device, 4711)) << line;
    }
}

TEST_F(MappedFile, AMappingWithoutAFileHasNone) { EXPECT_FALSE(self_->open_mapped(Mapping{})); }

}  // namespace
}  // namespace subint_doctor::os
