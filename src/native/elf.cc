#include "subint_doctor/native/elf.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "file_bytes.h"

namespace subint_doctor::native {
namespace {

// A libpython has 40 sections, 2,000 symbols and 70 KiB of names; Chromium's library some 10 MiB of names.
constexpr std::uint64_t most_bytes = 16U << 20;
constexpr std::size_t most_spellings = 64;  // of one name in a table of names: the ends of longer names are some, too

// Where in a table of names one reads `name`.
class Spellings {
public:
    explicit Spellings(std::string_view name) : name_(std::string(name) + '\0') {}

    Status find_in(FileBytes& file, const Elf64_Shdr& table) {
        std::string window;  // the last bytes of the piece before, then the piece
        std::uint64_t window_at = 0;
        return file.walk(table.sh_offset, table.sh_size, [&](std::span<const std::byte> piece) {
            window.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            for (std::size_t at = window.find(name_); at != std::string::npos; at = window.find(name_, at + 1)) {
                if (offsets_.size() < most_spellings) offsets_.push_back(window_at + at);
            }
            const std::size_t seen = window.size() - std::min(window.size(), name_.size() - 1);
            window.erase(0, seen);
            window_at += seen;
            return true;
        });
    }

    bool has(std::uint64_t offset) const { return std::ranges::find(offsets_, offset) != offsets_.end(); }
    bool empty() const { return offsets_.empty(); }

private:
    std::string name_;  // with its NUL
    std::vector<std::uint64_t> offsets_;
};

template <typename Row>
Status walk_rows(FileBytes& file, std::uint64_t offset, std::uint64_t count,
                 const std::function<bool(const Row&)>& take) {
    if (count > most_bytes / sizeof(Row))
        return Error{ErrorCode::limit, "reading a table of an ELF file, which is too long"};
    return file.walk(offset, count * sizeof(Row), [&](std::span<const std::byte> piece) {
        for (std::size_t at = 0; at + sizeof(Row) <= piece.size(); at += sizeof(Row)) {
            Row row;
            std::memcpy(&row, piece.data() + at, sizeof row);
            if (!take(row)) return false;
        }
        return true;
    });
}

bool is_ours(const Elf64_Ehdr& header) {
    return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_ident[EI_DATA] == ELFDATA2LSB &&
           (header.e_shnum == 0 || header.e_shentsize == sizeof(Elf64_Shdr)) &&
           (header.e_phnum == 0 || header.e_phentsize == sizeof(Elf64_Phdr));
}

// What must be added to an address in the file to get the one in the patient.
Result<std::uint64_t> load_bias(FileBytes& file, const Elf64_Ehdr& header, const Mapping& base) {
    if (header.e_type != ET_DYN) return std::uint64_t{0};
    std::uint64_t bias = base.start.value;
    const Status read = walk_rows<Elf64_Phdr>(file, header.e_phoff, header.e_phnum, [&](const Elf64_Phdr& segment) {
        if (segment.p_type != PT_LOAD) return true;
        bias = base.start.value - (segment.p_vaddr - segment.p_offset);
        return false;
    });
    if (!read.ok()) return read.error();
    return bias;
}

struct Sections {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
    std::uint64_t names = 0;  // index of the table of their names
};

// Numbers that do not fit the header are in the first section's, elf(5).
Result<Sections> find_sections(FileBytes& file, const Elf64_Ehdr& header) {
    Sections sections{header.e_shoff, header.e_shnum, header.e_shstrndx};
    if (header.e_shoff == 0) return Sections{};
    if (header.e_shnum != 0 && header.e_shstrndx != SHN_XINDEX) return sections;
    const Result<Elf64_Shdr> first = file.read_as<Elf64_Shdr>(header.e_shoff);
    if (!first) return first.error();
    if (header.e_shnum == 0) sections.count = first->sh_size;
    if (header.e_shstrndx == SHN_XINDEX) sections.names = first->sh_link;
    return sections;
}

Result<Elf64_Shdr> read_section(FileBytes& file, const Sections& sections, std::uint64_t index) {
    if (index >= sections.count) return Error{ErrorCode::corrupt, "reading a section that is not there"};
    return file.read_as<Elf64_Shdr>(sections.offset + index * sizeof(Elf64_Shdr));
}

bool is_plain_table(const Elf64_Shdr& section) {
    return section.sh_type != SHT_NOBITS && (section.sh_flags & SHF_COMPRESSED) == 0;
}

Result<std::optional<Location>> find_symbol(FileBytes& file, const Sections& sections, const Elf64_Shdr& symbols,
                                            std::string_view name) {
    const Result<Elf64_Shdr> names = read_section(file, sections, symbols.sh_link);
    if (!names) return names.error();
    if (symbols.sh_entsize != sizeof(Elf64_Sym) || !is_plain_table(symbols) || !is_plain_table(*names)) {
        return Error{ErrorCode::corrupt, "reading a symbol table of another form"};
    }
    Spellings spellings(name);
    if (const Status read = spellings.find_in(file, *names); !read.ok()) return read.error();
    std::optional<Location> found;
    if (spellings.empty()) return found;
    const std::uint64_t count = symbols.sh_size / sizeof(Elf64_Sym);
    const Status read = walk_rows<Elf64_Sym>(file, symbols.sh_offset, count, [&](const Elf64_Sym& symbol) {
        if (symbol.st_shndx != SHN_UNDEF && spellings.has(symbol.st_name)) {
            found = Location{{symbol.st_value}, symbol.st_size};
        }
        return !found;
    });
    if (!read.ok()) return read.error();
    return found;
}

Result<std::optional<Location>> search(FileBytes& file, const Sections& sections, const Lookup& lookup) {
    if (sections.count == 0) return std::optional<Location>();
    const Result<Elf64_Shdr> names = read_section(file, sections, sections.names);
    if (!names) return names.error();
    Spellings spellings(lookup.section);
    if (is_plain_table(*names)) {
        if (const Status read = spellings.find_in(file, *names); !read.ok()) return read.error();
    }
    std::optional<Location> found;
    std::optional<Elf64_Shdr> symbols;
    const Status read = walk_rows<Elf64_Shdr>(file, sections.offset, sections.count, [&](const Elf64_Shdr& section) {
        if (section.sh_type == SHT_DYNSYM) symbols = section;
        if (spellings.has(section.sh_name)) found = Location{{section.sh_addr}, section.sh_size};
        return !found;
    });
    if (!read.ok()) return read.error();
    if (found || !symbols) return found;
    return find_symbol(file, sections, *symbols, lookup.symbol);
}

}  // namespace

Result<std::optional<Location>> find_in_elf(const os::File& file, const Mapping& base, const Lookup& lookup) {
    FileBytes bytes(file, most_bytes);
    const Result<Elf64_Ehdr> header = bytes.read_as<Elf64_Ehdr>(0);
    if (!header || !is_ours(*header)) return Error{ErrorCode::corrupt, "reading the ELF header of " + base.path};
    const Result<Sections> sections = find_sections(bytes, *header);
    if (!sections) return sections.error();
    Result<std::optional<Location>> found = search(bytes, *sections, lookup);
    if (!found || !*found) return found;
    const Result<std::uint64_t> bias = load_bias(bytes, *header, base);
    if (!bias) return bias.error();
    (*found)->address = (*found)->address + *bias;
    return found;
}

}  // namespace subint_doctor::native
