// Writes small ELF files into the folder argv[1]: a library with the symbol, a program with the section, and libraries with
// their counts in the first section, elf(5), one of them with a symbol table of mebibytes.
#include <fstream>

#include "small_elf.h"

namespace {

bool put(const std::string& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary);
    return static_cast<bool>(file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush());
}

}  // namespace

int main(int argc, char** argv) {
    using subint_doctor::test::SmallElf;
    if (argc != 2) return 2;
    const std::string folder = argv[1];
    const SmallElf library(0x4000, 99);
    SmallElf program = library;
    program.header.e_type = ET_EXEC;
    program.sections[1].sh_name = SmallElf::section_name;
    SmallElf counted = library;
    counted.header.e_shnum = 0;
    counted.header.e_shstrndx = SHN_XINDEX;
    counted.sections[0].sh_size = counted.sections.size();
    counted.sections[0].sh_link = 2;
    SmallElf huge = counted;
    huge.sections[1].sh_size = 8U << 20;
    huge.text.back() = 1;  // odd: a hole follows
    const bool written = put(folder + "/library", library.bytes()) && put(folder + "/program", program.bytes()) &&
                         put(folder + "/counted", counted.bytes()) && put(folder + "/huge", huge.bytes());
    return written ? 0 : 1;
}
