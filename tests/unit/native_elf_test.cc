#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <vector>

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

// An ELF file of a few structures that a test sets, in a sparse file: what is large in it is a hole.
struct CraftedFile {
    static constexpr std::uint64_t sections_at = 0x1000;
    static constexpr std::uint64_t symbols_at = 0x10'000;
    static constexpr std::uint64_t names_at = 0x20'000;
    static constexpr std::string_view names = std::string_view("\0.data\0_PyRuntime\0", 18);

    Elf64_Ehdr header{};
    std::vector<Elf64_Shdr> sections = std::vector<Elf64_Shdr>(3);  // none, .dynsym, names of sections and of symbols
    std::vector<Elf64_Sym> symbols = std::vector<Elf64_Sym>(2);
    std::uint64_t file_size = 1U << 20;

    CraftedFile() {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_type = ET_EXEC;
        header.e_shoff = sections_at;
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = 3;
        header.e_shstrndx = 2;
        sections[1] = {1, SHT_DYNSYM, 0, 0, symbols_at, 2 * sizeof(Elf64_Sym), 2, 0, 8, sizeof(Elf64_Sym)};
        sections[2] = {0, SHT_STRTAB, 0, 0, names_at, names.size(), 0, 0, 1, 0};
        symbols[1].st_name = 7;
        symbols[1].st_shndx = 1;
        symbols[1].st_value = 0x4000;
        symbols[1].st_size = 99;
    }

    os::File write() const {
        const int fd = memfd_create("crafted", MFD_CLOEXEC);
        EXPECT_EQ(ftruncate(fd, static_cast<off_t>(file_size)), 0);
        put(fd, 0, &header, sizeof header);
        put(fd, sections_at, sections.data(), sections.size() * sizeof(Elf64_Shdr));
        put(fd, symbols_at, symbols.data(), symbols.size() * sizeof(Elf64_Sym));
        put(fd, names_at, names.data(), names.size());
        return os::File(fd);
    }
    auto find() const { return find_in_elf(write(), Mapping{}, {".PyRuntime", "_PyRuntime"}); }
    // Whether it was refused with that code.
    bool is_refused(ErrorCode code) const {
        const auto found = find();
        return !found && found.error().code == code;
    }

private:
    static void put(int fd, std::uint64_t at, const void* bytes, std::size_t size) {
        EXPECT_EQ(pwrite(fd, bytes, size, static_cast<off_t>(at)), static_cast<ssize_t>(size));
    }
};

TEST(CraftedElf, AsItShouldBeItIsFound) {
    const auto found = CraftedFile().find();
    ASSERT_TRUE(found);
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->address, Address{0x4000});
    EXPECT_EQ((*found)->size, 99U);
}

TEST(CraftedElf, TheEndOfALongerNameIsANameToo) {
    CraftedFile file;
    file.symbols[1].st_name = 8;
    const auto found = find_in_elf(file.write(), Mapping{}, {"none", "PyRuntime"});
    EXPECT_TRUE(found && *found);
    const auto longer = file.find();
    EXPECT_TRUE(longer && !*longer);
}

TEST(CraftedElf, AnUndefinedSymbolIsNone) {
    CraftedFile file;
    file.symbols[1].st_shndx = SHN_UNDEF;
    const auto found = file.find();
    EXPECT_TRUE(found && !*found);
}

TEST(CraftedElf, AnotherByteOrderOrWordSizeIsRefused) {
    CraftedFile big_endian;
    big_endian.header.e_ident[EI_DATA] = ELFDATA2MSB;
    EXPECT_TRUE(big_endian.is_refused(ErrorCode::corrupt));
    CraftedFile narrow;
    narrow.header.e_ident[EI_CLASS] = ELFCLASS32;
    EXPECT_TRUE(narrow.is_refused(ErrorCode::corrupt));
    CraftedFile rows;
    rows.header.e_shentsize = 40;
    EXPECT_TRUE(rows.is_refused(ErrorCode::corrupt));
}

// A number of sections that does not fit the header stands in the first one's size.
TEST(CraftedElf, MillionsOfSectionsAreALimit) {
    CraftedFile file;
    file.header.e_shnum = 0;
    file.header.e_shstrndx = SHN_XINDEX;
    file.sections[0].sh_link = 2;
    file.sections[0].sh_size = 3;
    EXPECT_TRUE(file.find() && *file.find()) << "as few as there are";
    file.sections[0].sh_size = 1U << 24;
    EXPECT_TRUE(file.is_refused(ErrorCode::limit));
    file.sections[0].sh_size = ~std::uint64_t{0};
    EXPECT_TRUE(file.is_refused(ErrorCode::limit));
}

TEST(CraftedElf, AHugeSymbolTableIsALimit) {
    CraftedFile file;
    file.symbols[1].st_name = 0;
    file.file_size = std::uint64_t{16} << 30;
    file.sections[1].sh_size = std::uint64_t{8} << 30;
    EXPECT_TRUE(file.is_refused(ErrorCode::limit));
    file.sections[1].sh_size = ~std::uint64_t{0};
    EXPECT_TRUE(file.is_refused(ErrorCode::limit));
}

TEST(CraftedElf, HugeTablesOfNamesAreALimit) {
    CraftedFile file;
    file.file_size = std::uint64_t{16} << 30;
    file.sections[2].sh_size = std::uint64_t{8} << 30;
    EXPECT_TRUE(file.is_refused(ErrorCode::limit));
}

TEST(CraftedElf, ACompressedSymbolTableIsRefused) {
    CraftedFile file;
    file.sections[1].sh_flags = SHF_COMPRESSED;
    EXPECT_TRUE(file.is_refused(ErrorCode::corrupt));
    CraftedFile names;
    names.sections[2].sh_flags = SHF_COMPRESSED;
    EXPECT_TRUE(names.is_refused(ErrorCode::corrupt));
}

TEST(CraftedElf, WhatLiesBeyondTheEndIsRefused) {
    CraftedFile sections;
    sections.header.e_shoff = std::uint64_t{1} << 63;
    EXPECT_TRUE(sections.is_refused(ErrorCode::corrupt));
    CraftedFile symbols;
    symbols.sections[1].sh_offset = ~std::uint64_t{0} - 16;
    EXPECT_TRUE(symbols.is_refused(ErrorCode::corrupt));
    CraftedFile names;
    names.header.e_shstrndx = 77;
    EXPECT_TRUE(names.is_refused(ErrorCode::corrupt));
    CraftedFile cut;
    cut.file_size = CraftedFile::names_at;
    cut.sections[2].sh_offset = CraftedFile::names_at + 4'096;
    EXPECT_TRUE(cut.is_refused(ErrorCode::corrupt));
}

// Two tables of the largest size that is read, and every row must be looked at.
TEST(CraftedElf, TheLargestFileTakesLittleMemory) {
    CraftedFile file;
    file.file_size = std::uint64_t{1} << 30;
    file.sections[1].sh_size = (8U << 20) / sizeof(Elf64_Sym) * sizeof(Elf64_Sym);
    file.sections[1].sh_offset = 0x1'000'000;
    file.sections[2].sh_size = 3U << 20;
    rusage before{};
    rusage after{};
    const os::File written = file.write();
    getrusage(RUSAGE_SELF, &before);
    const auto found = find_in_elf(written, Mapping{}, {".PyRuntime", "_PyRuntime"});
    getrusage(RUSAGE_SELF, &after);
    EXPECT_TRUE(found && !*found);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 1'024) << "KiB";
}

}  // namespace
}  // namespace subint_doctor::native
