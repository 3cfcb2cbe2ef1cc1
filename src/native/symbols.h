// Names of a file's functions, elf(5): of .symtab where it was left in the file, else of .dynsym.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image.h"

namespace subint_doctor::native {

class Symbols {
public:
    // `image` must outlive it.
    explicit Symbols(Image& image) : image_(image) {}

    // As it stands in the table, of the function that covers `address` (as in the file's program headers).
    std::optional<std::string> find(std::uint64_t address);

private:
    struct Row {
        std::uint64_t start = 0;
        std::uint32_t size = 0;
        std::uint32_t name = 0;  // offset in the table of names
        std::uint16_t section = 0;
        std::uint8_t binding = 0;
        std::uint8_t type = 0;
    };

    void open();
    bool read_table(const Elf64_Shdr& table, bool whole);
    bool covers(const Row& row, std::uint64_t address);
    std::optional<std::string> best_name(std::uint64_t start, const Row& like, std::uint64_t address);
    std::string read_name(std::uint32_t name);

    Image& image_;
    bool opened_ = false;
    bool whole_ = false;  // no function is missing in it
    std::uint64_t names_offset_ = 0;
    std::uint64_t names_size_ = 0;
    std::vector<Row> rows_;  // by start
};

}  // namespace subint_doctor::native
