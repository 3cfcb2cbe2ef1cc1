// An ELF image of the patient's, read piecewise: its headers at once, the rest where it is asked for. Nothing is believed:
// what lies beyond the image, contradicts itself or would take more memory than is left is an Error.
#pragma once

#include <elf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "subint_doctor/model/result.h"

namespace subint_doctor::native {

// Memory that all images together may still take, in bytes.
struct Budget {
    std::uint64_t left = 0;
};

// Fills all of `into` with the image's bytes from `offset` (of the file) on.
using ReadImage = std::function<Status(std::uint64_t offset, std::span<std::byte> into)>;

struct ImageSource {
    ReadImage read;
    std::uint64_t size = 0;  // bytes of the file
};

class Image {
public:
    // `budget` must outlive it. Fails with `corrupt` for what is no ELF file of this machine's class.
    static Result<Image> open(ImageSource source, Budget& budget);

    Status read(std::uint64_t offset, std::span<std::byte> into);

    template <typename T>
    Result<T> read_as(std::uint64_t offset) {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        if (Status status = read(offset, std::as_writable_bytes(std::span<T, 1>(&value, 1))); !status.ok()) {
            return status.error();
        }
        return value;
    }

    // The same, with nothing kept: for what is walked over once.
    Status read_through(std::uint64_t offset, std::span<std::byte> into) const;

    // For what is made of the image and kept as long as it is: false where no room is left.
    bool charge(std::uint64_t bytes);

    std::uint64_t size() const { return source_.size; }

    // Addresses as in the file's program headers.
    std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
    // Bytes from there to the end of its segment's part of the file.
    std::optional<std::uint64_t> room_behind(std::uint64_t address) const;
    // Of segments with code only.
    std::optional<std::uint64_t> code_address_of(std::uint64_t offset) const;

    const Elf64_Phdr* segment(std::uint32_t type) const;

    // The first with that name that has bytes in the file; nullptr: none, or the table of sections cannot be read.
    const Elf64_Shdr* section(std::string_view name);
    const Elf64_Shdr* section(std::uint32_t index);

private:
    static constexpr std::size_t page_bytes = 4'096;
    using Page = std::array<std::byte, page_bytes>;

    Image(ImageSource source, Budget& budget) : source_(std::move(source)), budget_(&budget) {}
    Status read_segments();
    Status read_sections();
    void find_sections();
    Result<const Page*> page(std::uint64_t number);

    ImageSource source_;
    Budget* budget_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Phdr> segments_;
    bool sections_were_read_ = false;
    std::vector<Elf64_Shdr> sections_;
    std::vector<std::byte> section_names_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  // by number
};

}  // namespace subint_doctor::native
