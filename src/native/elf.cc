#include "subint_doctor/native/elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <memory>
#include <string_view>

namespace subint_doctor::native {
namespace {

struct EndElf {
    void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

// What must be added to an address in the file to get the one in the patient.
std::uint64_t load_bias(Elf* elf, const GElf_Ehdr& header, const Mapping& base) {
    if (header.e_type != ET_DYN) return 0;
    std::size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) return base.start.value;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
        if (segment.p_type == PT_LOAD) return base.start.value - (segment.p_vaddr - segment.p_offset);
    }
    return base.start.value;
}

std::optional<Location> find_symbol(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, std::string_view name) {
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0) return std::nullopt;
    const std::size_t count = header.sh_size / header.sh_entsize;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Sym symbol;
        if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
        if (symbol.st_shndx == SHN_UNDEF) continue;
        const char* found = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (found != nullptr && name == found) return Location{{symbol.st_value}, symbol.st_size};
    }
    return std::nullopt;
}

std::optional<Location> search(Elf* elf, std::size_t names, const Lookup& lookup) {
    Elf_Scn* symbols = nullptr;
    GElf_Shdr symbols_header{};
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        const char* name = elf_strptr(elf, names, header.sh_name);
        if (name != nullptr && lookup.section == name) return Location{{header.sh_addr}, header.sh_size};
        if (header.sh_type == SHT_DYNSYM) {
            symbols = section;
            symbols_header = header;
        }
    }
    if (symbols == nullptr) return std::nullopt;
    return find_symbol(elf, symbols, symbols_header, lookup.symbol);
}

}  // namespace

Result<std::optional<Location>> find_in_elf(const os::File& file, const Mapping& base, const Lookup& lookup) {
    elf_version(EV_CURRENT);
    const ElfHandle elf(elf_begin(file.fd(), ELF_C_READ_MMAP, nullptr));
    GElf_Ehdr header;
    std::size_t names = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
        return Error{ErrorCode::corrupt, "reading the ELF header of " + base.path};
    }
    if (elf_getshdrstrndx(elf.get(), &names) != 0) return std::optional<Location>{};
    std::optional<Location> found = search(elf.get(), names, lookup);
    if (found) found->address = found->address + load_bias(elf.get(), header, base);
    return found;
}

}  // namespace subint_doctor::native
