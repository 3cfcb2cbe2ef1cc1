// The smallest ELF library that has _PyRuntime as a symbol: its header, one segment, one table of symbols with its names.
// Written to a file byte for byte.
#pragma once

#include <elf.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace subint_doctor::test {

struct SmallElf {
    static constexpr std::string_view names = std::string_view("\0_PyRuntime\0.PyRuntime\0", 23);
    static constexpr Elf64_Word symbol_name = 1;
    static constexpr Elf64_Word section_name = 12;

    Elf64_Ehdr header{};
    Elf64_Phdr segment{};
    std::array<Elf64_Shdr, 3> sections{};  // none, .dynsym, names of sections and of symbols
    std::array<Elf64_Sym, 2> symbols{};
    std::array<char, names.size() + 1> text{};

    // `runtime` is an address in the file, from which a library is moved; the size is in bytes.
    SmallElf(std::uint64_t runtime, std::uint64_t size) {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_type = ET_DYN;
        header.e_phoff = offsetof(SmallElf, segment);
        header.e_phentsize = sizeof segment;
        header.e_phnum = 1;
        header.e_shoff = offsetof(SmallElf, sections);
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = sections.size();
        header.e_shstrndx = 2;
        segment.p_type = PT_LOAD;
        sections[1] = {0, SHT_DYNSYM, 0, 0, offsetof(SmallElf, symbols), sizeof symbols, 2, 0, 8, sizeof(Elf64_Sym)};
        sections[2] = {0, SHT_STRTAB, 0, 0, offsetof(SmallElf, text), names.size(), 0, 0, 1, 0};
        symbols[1] = {symbol_name, 0, 0, 1, runtime, size};
        names.copy(text.data(), names.size());
    }

    std::string_view bytes() const { return {reinterpret_cast<const char*>(this), sizeof *this}; }
};

}  // namespace subint_doctor::test
