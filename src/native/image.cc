#include "image.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace subint_doctor::native {
namespace {

// A library has 10 segments and 40 sections, with 500 bytes of names.
constexpr std::size_t most_segments = 256;
constexpr std::uint64_t most_sections = 4'096;
constexpr std::uint64_t most_name_bytes = 1U << 18;

bool is_ours(const Elf64_Ehdr& header) {
    return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_ident[EI_DATA] == ELFDATA2LSB;
}

}  // namespace

Result<Image> Image::open(ImageSource source, Budget& budget) {
    Image image(std::move(source), budget);
    const Result<Elf64_Ehdr> header = image.read_as<Elf64_Ehdr>(0);
    if (!header) return header.error();
    if (!is_ours(*header)) return Error{ErrorCode::corrupt, "reading what is no ELF file of this machine"};
    image.header_ = *header;
    if (const Status read = image.read_segments(); !read.ok()) return read.error();
    return image;
}

Status Image::read_segments() {
    if (header_.e_phnum == 0) return Done{};
    if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum > most_segments) {
        return Error{ErrorCode::corrupt, "reading the program headers of an ELF file"};
    }
    segments_.resize(header_.e_phnum);
    return read(header_.e_phoff, std::as_writable_bytes(std::span(segments_)));
}

// Numbers that do not fit the header are in the first section's, elf(5).
Status Image::read_sections() {
    const Error bad{ErrorCode::corrupt, "reading the section headers of an ELF file"};
    if (header_.e_shoff == 0) return Done{};
    if (header_.e_shentsize != sizeof(Elf64_Shdr)) return bad;
    const Result<Elf64_Shdr> first = read_as<Elf64_Shdr>(header_.e_shoff);
    if (!first) return first.error();
    const std::uint64_t count = header_.e_shnum != 0 ? header_.e_shnum : first->sh_size;
    const std::uint64_t names = header_.e_shstrndx != SHN_XINDEX ? header_.e_shstrndx : first->sh_link;
    if (count > most_sections || names >= count) return bad;
    std::vector<Elf64_Shdr> sections(static_cast<std::size_t>(count));
    if (Status status = read(header_.e_shoff, std::as_writable_bytes(std::span(sections))); !status.ok()) return status;
    const Elf64_Shdr& table = sections[static_cast<std::size_t>(names)];
    if (table.sh_type == SHT_NOBITS || table.sh_size > most_name_bytes) return bad;
    section_names_.resize(static_cast<std::size_t>(table.sh_size));
    if (Status status = read(table.sh_offset, section_names_); !status.ok()) return status;
    sections_ = std::move(sections);
    return Done{};
}

void Image::find_sections() {
    if (std::exchange(sections_were_read_, true)) return;
    (void)read_sections();  // without them it is a stripped file
}

const Elf64_Shdr* Image::section(std::string_view name) {
    find_sections();
    const std::string_view names(reinterpret_cast<const char*>(section_names_.data()), section_names_.size());
    for (const Elf64_Shdr& section : sections_) {
        if (section.sh_type == SHT_NOBITS || section.sh_name >= names.size()) continue;
        const std::string_view rest = names.substr(section.sh_name);
        if (rest.substr(0, rest.find('\0')) == name) return &section;
    }
    return nullptr;
}

const Elf64_Shdr* Image::section(std::uint32_t index) {
    find_sections();
    return index < sections_.size() ? &sections_[index] : nullptr;
}

const Elf64_Phdr* Image::segment(std::uint32_t type) const {
    const auto found =
        std::ranges::find_if(segments_, [&](const Elf64_Phdr& segment) { return segment.p_type == type; });
    return found == segments_.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> Image::offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_) {
        if (segment.p_type != PT_LOAD || address - segment.p_vaddr >= segment.p_filesz) continue;
        return address - segment.p_vaddr + segment.p_offset;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> Image::room_behind(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_) {
        const std::uint64_t within = address - segment.p_vaddr;
        if (segment.p_type == PT_LOAD && within < segment.p_filesz) return segment.p_filesz - within;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> Image::code_address_of(std::uint64_t offset) const {
    for (const Elf64_Phdr& segment : segments_) {
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
        if (offset - segment.p_offset >= segment.p_filesz) continue;
        return offset - segment.p_offset + segment.p_vaddr;
    }
    return std::nullopt;
}

Result<const Image::Page*> Image::page(std::uint64_t number) {
    std::unique_ptr<Page>& kept = pages_[number];
    if (kept != nullptr) return kept.get();
    if (!charge(page_bytes)) return Error{ErrorCode::limit, "reading more of the program's files than is kept"};
    auto fresh = std::make_unique<Page>();
    const std::uint64_t offset = number * page_bytes;
    const std::span<std::byte> wanted =
        std::span(*fresh).first(std::min<std::uint64_t>(page_bytes, source_.size - offset));
    if (const Status status = source_.read(offset, wanted); !status.ok()) return status.error();
    kept = std::move(fresh);
    return kept.get();
}

Status Image::read(std::uint64_t offset, std::span<std::byte> into) {
    if (offset > source_.size || into.size() > source_.size - offset) {
        return Error{ErrorCode::corrupt, "reading beyond the end of an ELF file"};
    }
    while (!into.empty()) {
        const Result<const Page*> from = page(offset / page_bytes);
        if (!from) return from.error();
        const auto within = static_cast<std::size_t>(offset % page_bytes);
        const std::size_t count = std::min(into.size(), page_bytes - within);
        std::memcpy(into.data(), (*from)->data() + within, count);
        into = into.subspan(count);
        offset += count;
    }
    return Done{};
}

Status Image::read_through(std::uint64_t offset, std::span<std::byte> into) const {
    if (offset > source_.size || into.size() > source_.size - offset) {
        return Error{ErrorCode::corrupt, "reading beyond the end of an ELF file"};
    }
    return source_.read(offset, into);
}

bool Image::charge(std::uint64_t bytes) {
    if (bytes > budget_->left) return false;
    budget_->left -= bytes;
    return true;
}

}  // namespace subint_doctor::native
