#include "code_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "demangle.h"
#include "file_bytes.h"

namespace subint_doctor::native {
namespace {

constexpr std::size_t most_files = 256;  // each keeps a descriptor open
constexpr std::uint64_t most_bytes_of_file = 256U << 20;  // read in all, tables that are walked over included
constexpr std::string_view vdso = "[vdso]";
constexpr std::uint64_t longest_vdso = 1U << 16;

struct OpenFile {
    OpenFile(os::File opened, std::uint64_t limit) : file(std::move(opened)), bytes(file, limit) {}
    os::File file;
    FileBytes bytes;
};

std::optional<ImageSource> file_source(os::File file) {
    struct stat facts {};
    if (fstat(file.fd(), &facts) != 0 || facts.st_size < 0) return std::nullopt;
    const auto kept = std::make_shared<OpenFile>(std::move(file), most_bytes_of_file);
    return ImageSource{
        [kept](std::uint64_t offset, std::span<std::byte> into) { return kept->bytes.read(offset, into); },
        static_cast<std::uint64_t>(facts.st_size)};
}

ImageSource memory_source(const MemoryReader& memory, const Mapping& mapping) {
    return {[&memory, start = mapping.start](std::uint64_t offset, std::span<std::byte> into) {
                return read_exact(memory, start + offset, into);
            },
            mapping.end.value - mapping.start.value};
}

std::unique_ptr<CodeFile> open_image(ImageSource source, Budget& budget) {
    Result<Image> image = Image::open(std::move(source), budget);
    return image ? std::make_unique<CodeFile>(std::move(*image)) : nullptr;
}

}  // namespace

std::optional<FoundRow> CodeFile::find_row(std::uint64_t address) {
    for (const FoundBy section : {FoundBy::eh_frame, FoundBy::debug_frame}) {
        Result<std::optional<FrameRow>> row = call_frames_.find(section, address);
        if (row && *row) return FoundRow{section, std::move(**row)};
    }
    return std::nullopt;
}

const FoundRow* CodeFile::row(std::uint64_t address) {
    auto known = rows_.find(address);
    if (known == rows_.end()) {
        if (!image_.charge(sizeof(FoundRow))) return nullptr;
        known = rows_.emplace(address, find_row(address)).first;
    }
    return known->second ? &*known->second : nullptr;
}

const std::string* CodeFile::function(std::uint64_t address) {
    auto known = functions_.find(address);
    if (known == functions_.end()) {
        std::optional<std::string> name = symbols_.find(address);
        if (name) name = demangle(*name);
        if (!image_.charge(sizeof(std::string) + (name ? name->size() : 0))) return nullptr;
        known = functions_.emplace(address, std::move(name)).first;
    }
    return known->second ? &*known->second : nullptr;
}

CodeFile* CodeFiles::open(const Mapping& mapping) {
    if (mapping.inode == 0) {
        if (mapping.path != vdso || mapping.end.value - mapping.start.value > longest_vdso) return nullptr;
        const auto [known, fresh] = memory_files_.try_emplace(mapping.start);
        if (fresh) known->second = open_image(memory_source(target_.memory(), mapping), budget_);
        return known->second.get();
    }
    const auto key = std::pair(mapping.device, mapping.inode);
    const auto known = files_.find(key);
    if (known != files_.end()) return known->second.get();
    std::unique_ptr<CodeFile>& file = files_[key];
    if (files_.size() > most_files) return nullptr;
    Result<os::File> opened = target_.open_mapped(mapping);
    if (!opened) return nullptr;
    if (std::optional<ImageSource> source = file_source(std::move(*opened)))
        file = open_image(std::move(*source), budget_);
    return file.get();
}

std::optional<Place> CodeFiles::find(Address address) {
    auto behind = std::ranges::upper_bound(mappings_, address, {}, &Mapping::start);
    if (behind == mappings_.begin()) return std::nullopt;
    const Mapping& mapping = *std::prev(behind);
    if (address >= mapping.end || !mapping.executable) return std::nullopt;
    Place place{&mapping, open(mapping), 0};
    if (place.file == nullptr) return place;
    const std::uint64_t offset = address.value - mapping.start.value + mapping.file_offset;
    const std::optional<std::uint64_t> in_file = place.file->image().code_address_of(offset);
    if (!in_file) place.file = nullptr;  // mapped by somebody else than a loader
    place.address = in_file.value_or(0);
    return place;
}

bool CodeFiles::read_before(const Place& place, Address address, std::span<std::byte> into) {
    const std::uint64_t within = address.value - place.mapping->start.value;
    if (within < into.size()) return false;
    if (place.file != nullptr) {
        return place.file->image().read(within + place.mapping->file_offset - into.size(), into).ok();
    }
    return read_exact(target_.memory(), address - into.size(), into).ok();
}

}  // namespace subint_doctor::native
