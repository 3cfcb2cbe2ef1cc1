// The call frame information of one file: which function's entry covers an address, .eh_frame (LSB 5 section 10.6) or
// .debug_frame (DWARF 5 section 6.4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "frame_row.h"
#include "image.h"
#include "subint_doctor/model/native_stack.h"

namespace subint_doctor::native {

class CallFrames {
public:
    // `image` must outlive it.
    explicit CallFrames(Image& image) : image_(image) {}

    // Row of the function around `address` (as in the file's program headers) in that section; empty: none covers it.
    // What is damaged is an Error.
    Result<std::optional<FrameRow>> find(FoundBy section, std::uint64_t address);

private:
    struct Entry {  // of the sections' own index, where there is none to search
        std::uint64_t start = 0;
        std::uint64_t size = 0;
        std::uint64_t offset = 0;
    };
    struct Section {
        bool is_debug_frame = false;
        std::uint64_t offset = 0;  // in the file
        std::uint64_t address = 0;  // as in the program headers; of .debug_frame 0, nothing there refers to it
        std::uint64_t size = 0;
        std::vector<Entry> index;  // by start
        bool indexed = false;
    };

    struct Record;
    struct Encoding;

    void open_eh_frame();
    void open_debug_frame();
    std::optional<std::uint64_t> search_header(std::uint64_t address);
    void index(Section& section);
    std::optional<std::uint64_t> search_index(const Section& section, std::uint64_t address) const;
    Result<Record> read_record(const Section& section, std::uint64_t offset);
    Result<CommonFrame> read_common(const Section& section, const Record& record) const;
    Result<FunctionFrame> read_function(const Section& section, const Record& record, const CommonFrame& common) const;
    Result<std::optional<FrameRow>> row_at(const Section& section, std::uint64_t offset, std::uint64_t address);

    Image& image_;
    std::optional<Section> eh_frame_;
    std::optional<Section> debug_frame_;
    // Of .eh_frame_hdr's table: a row of two words for each function, by address.
    std::uint64_t table_offset_ = 0;
    std::uint64_t table_address_ = 0;  // of the header, which the words are relative to
    std::uint64_t table_rows_ = 0;
    bool eh_frame_was_opened_ = false;
    bool debug_frame_was_opened_ = false;
};

}  // namespace subint_doctor::native
