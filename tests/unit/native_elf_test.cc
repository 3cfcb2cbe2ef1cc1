#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "subint_doctor/native/elf.h"

namespace subint_doctor::native {
namespace {

// The first mapping of this test program, as the dynamic loader says.
Mapping own_base() {
    Mapping base;
    base.path = "/proc/self/exe";
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* out) {
            static_cast<Mapping*>(out)->start = {info->dlpi_addr};
            return 1;
        },
        &base);
    return base;
}

os::File own_file() { return os::File(open("/proc/self/exe", O_RDONLY | O_CLOEXEC)); }

os::File file_with(std::string_view bytes) {
    const int fd = memfd_create("elf", MFD_CLOEXEC);
    EXPECT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return os::File(fd);
}

int in_data_section = 7;

TEST(FindInElf, ASectionIsWhereItWasLoaded) {
    const auto found = find_in_elf(own_file(), own_base(), {".data", "none"});
    ASSERT_TRUE(found);
    ASSERT_TRUE(*found);
    const Address variable{reinterpret_cast<std::uint64_t>(&in_data_section)};
    EXPECT_TRUE((AddressRange{(*found)->address, (*found)->size}.contains(variable)));
}

TEST(FindInElf, ASymbolOfALibraryIsWhereTheLoaderPutIt) {
    Mapping libc;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* out) {
            if (!std::string_view(info->dlpi_name).ends_with("libc.so.6")) return 0;
            static_cast<Mapping*>(out)->start = {info->dlpi_addr};
            static_cast<Mapping*>(out)->path = info->dlpi_name;
            return 1;
        },
        &libc);
    ASSERT_FALSE(libc.path.empty());
    const os::File file(open(libc.path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto found = find_in_elf(file, libc, {".NoSuchSection", "environ"});
    ASSERT_TRUE(found);
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->size, sizeof(char**));
}

TEST(FindInElf, NeitherIsAnAnswerToo) {
    const auto found = find_in_elf(own_file(), own_base(), {".NoSuchSection", "no_such_symbol"});
    ASSERT_TRUE(found);
    EXPECT_FALSE(*found);
}

TEST(FindInElf, SomethingElseIsRefused) {
    for (const std::string_view bytes :
         {std::string_view("#!/bin/sh\n"), std::string_view("\177ELF"), std::string_view("")}) {
        const auto found = find_in_elf(file_with(bytes), Mapping{}, {".data", "none"});
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().code, ErrorCode::corrupt);
    }
}

// A file cut at every power of two must be refused or say "neither", never crash.
TEST(FindInElf, ACutFileIsSurvived) {
    std::string whole(1 << 16, '\0');
    const os::File file = own_file();
    ASSERT_EQ(pread(file.fd(), whole.data(), whole.size(), 0), static_cast<ssize_t>(whole.size()));
    for (std::size_t size = 1; size <= whole.size(); size *= 2) {
        const auto found =
            find_in_elf(file_with(std::string_view(whole).substr(0, size)), Mapping{}, {".data", "none"});
        EXPECT_TRUE(!found || !*found);
    }
}

}  // namespace
}  // namespace subint_doctor::native
