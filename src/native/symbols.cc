#include "symbols.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

namespace subint_doctor::native {
namespace {

constexpr std::size_t most_rows = 1U << 20;
constexpr std::size_t longest_name = 4'096;
constexpr std::size_t rows_in_piece = 1'024;
// Symbols lie behind each other, but for a few inside of larger ones.
constexpr std::ptrdiff_t most_nested = 16;
constexpr std::ptrdiff_t most_aliases = 64;

bool is_function(const Elf64_Sym& symbol) {
    const auto type = ELF64_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) return false;
    if (type == STT_FUNC || type == STT_GNU_IFUNC) return true;
    return type == STT_NOTYPE && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;  // of assembly
}

// poll rather than __poll, and a name that is exported rather than one that is not.
auto preference(const std::string& name, std::uint8_t binding) {
    const std::size_t underscores = std::min(name.find_first_not_of('_'), name.size());
    return std::tuple(underscores, binding == STB_LOCAL, name.size(), std::string_view(name));
}

}  // namespace

bool Symbols::read_table(const Elf64_Shdr& table, bool whole) {
    const Elf64_Shdr* names = image_.section(table.sh_link);
    if (names == nullptr || names->sh_type != SHT_STRTAB || table.sh_entsize != sizeof(Elf64_Sym)) return false;
    if (((table.sh_flags | names->sh_flags) & SHF_COMPRESSED) != 0) return false;
    std::uint64_t left = std::min<std::uint64_t>(table.sh_size / sizeof(Elf64_Sym), most_rows);
    if (table.sh_size > image_.size() || !image_.charge(left * sizeof(Row))) return false;
    std::vector<Row> rows;
    std::array<Elf64_Sym, rows_in_piece> piece;
    for (std::uint64_t offset = table.sh_offset; left > 0; offset += sizeof piece) {
        const std::span<Elf64_Sym> part = std::span(piece).first(std::min<std::uint64_t>(left, piece.size()));
        if (!image_.read_through(offset, std::as_writable_bytes(part)).ok()) return false;
        left -= part.size();
        for (const Elf64_Sym& symbol : part) {
            if (!is_function(symbol)) continue;
            const auto size = std::min<std::uint64_t>(symbol.st_size, std::numeric_limits<std::uint32_t>::max());
            rows.push_back({symbol.st_value, static_cast<std::uint32_t>(size), symbol.st_name, symbol.st_shndx,
                            static_cast<std::uint8_t>(ELF64_ST_BIND(symbol.st_info)),
                            static_cast<std::uint8_t>(ELF64_ST_TYPE(symbol.st_info))});
        }
    }
    std::ranges::sort(rows, {}, &Row::start);
    rows_ = std::move(rows);
    names_offset_ = names->sh_offset;
    names_size_ = names->sh_size;
    whole_ = whole;
    return true;
}

void Symbols::open() {
    if (std::exchange(opened_, true)) return;
    const Elf64_Shdr* table = image_.section(".symtab");
    if (table != nullptr && read_table(*table, true)) return;
    table = image_.section(".dynsym");
    if (table != nullptr) read_table(*table, false);
}

std::string Symbols::read_name(std::uint32_t name) {
    constexpr std::size_t step = 64;
    std::string text;
    for (std::uint64_t at = name; at < names_size_ && text.size() < longest_name; at += step) {
        std::array<char, step> piece{};
        const std::span<char> part = std::span(piece).first(std::min<std::uint64_t>(step, names_size_ - at));
        if (!image_.read(names_offset_ + at, std::as_writable_bytes(part)).ok()) return {};
        const auto end = std::ranges::find(part, '\0');
        text.append(part.begin(), end);
        if (end != part.end()) return text;
    }
    return {};  // cut or endless: rather none
}

// A symbol without a size, of assembly, reaches up to the next one in a table that has all of them.
bool Symbols::covers(const Row& row, std::uint64_t address) {
    if (row.size > 0) return address - row.start < row.size;
    const Elf64_Shdr* section = whole_ ? image_.section(std::uint32_t{row.section}) : nullptr;
    return section != nullptr && (section->sh_flags & SHF_EXECINSTR) != 0 &&
           address - section->sh_addr < section->sh_size;
}

std::optional<std::string> Symbols::find(std::uint64_t address) {
    open();
    const auto behind = std::ranges::upper_bound(rows_, address, {}, &Row::start);
    const auto first = behind - std::min(most_nested, behind - rows_.begin());
    bool nearest = true;
    for (auto row = behind; row != first;) {
        --row;
        // Between one without a size and the address no other may begin.
        if (row->start != std::prev(behind)->start) nearest = false;
        if ((row->size > 0 || nearest) && covers(*row, address)) return best_name(row->start, *row, address);
    }
    return std::nullopt;
}

// Of all that begin there and cover it.
std::optional<std::string> Symbols::best_name(std::uint64_t start, const Row& like, std::uint64_t address) {
    std::string best;
    std::uint8_t best_binding = 0;
    const auto first = std::ranges::lower_bound(rows_, start, {}, &Row::start);
    for (auto row = first; row != rows_.end() && row->start == start && row - first < most_aliases; ++row) {
        if ((row->size > 0) != (like.size > 0) || !covers(*row, address)) continue;
        std::string name = read_name(row->name);
        if (name.empty()) continue;
        if (!best.empty() && preference(best, best_binding) <= preference(name, row->binding)) continue;
        best = std::move(name);
        best_binding = row->binding;
    }
    if (best.empty()) return std::nullopt;
    return best;
}

}  // namespace subint_doctor::native
