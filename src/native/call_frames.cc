#include "call_frames.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cursor.h"

namespace subint_doctor::native {
namespace {

// The largest function of Chromium has 40 KiB of instructions; a CIE has 30 bytes.
constexpr std::uint64_t longest_record = 1U << 18;
constexpr std::uint64_t longest_section_to_index = 32U << 20;
constexpr std::size_t most_entries = 1U << 19;

// DW_EH_PE_*, LSB 5 section 10.5.
constexpr std::uint8_t omitted = 0xff;
constexpr std::uint8_t form_bits = 0x0f;
constexpr std::uint8_t base_bits = 0x70;
constexpr std::uint8_t absolute = 0x00;
constexpr std::uint8_t from_here = 0x10;
constexpr std::uint8_t from_header = 0x30;
constexpr std::uint8_t unsigned_word = 0x03;
constexpr std::uint8_t signed_word = 0x0b;

std::uint64_t take_of_form(Cursor& cursor, std::uint8_t encoding) {
    switch (encoding & form_bits) {
        case 0x00:
        case 0x04:
        case 0x0c:
            return cursor.take<std::uint64_t>();
        case 0x01:
            return cursor.uleb();
        case 0x02:
            return cursor.take<std::uint16_t>();
        case 0x03:
            return cursor.take<std::uint32_t>();
        case 0x09:
            return static_cast<std::uint64_t>(cursor.sleb());
        case 0x0a:
            return static_cast<std::uint64_t>(std::int64_t{cursor.take<std::int16_t>()});
        case 0x0b:
            return static_cast<std::uint64_t>(std::int64_t{cursor.take<std::int32_t>()});
        default:
            cursor.take_bytes(~std::uint64_t{0});
            return 0;  // fails
    }
}

struct EhFrameHeader {
    std::uint8_t version;
    std::uint8_t section_encoding;
    std::uint8_t count_encoding;
    std::uint8_t table_encoding;
};

struct TableRow {
    std::int32_t function;
    std::int32_t entry;
};

}  // namespace

// A CIE or FDE with its length read and its bytes at hand.
struct CallFrames::Record {
    std::uint64_t id = 0;  // of a CIE 0 in .eh_frame, all ones in .debug_frame; else where its CIE is
    std::uint64_t body_offset = 0;  // in the section: of what follows the id
    std::uint64_t id_offset = 0;
    std::uint64_t end_offset = 0;
    bool is_common = false;
    std::vector<std::byte> bytes;  // of the body

    std::uint64_t common_offset(bool is_debug_frame) const { return is_debug_frame ? id : id_offset - id; }
};

Result<CallFrames::Record> CallFrames::read_record(const Section& section, std::uint64_t offset) {
    const Error bad{ErrorCode::corrupt, "reading call frame information"};
    constexpr std::uint64_t longest_head = 20;
    if (offset >= section.size) return bad;
    std::array<std::byte, longest_head> head{};
    const std::uint64_t left = section.size - offset;
    const std::span<std::byte> read = std::span(head).first(std::min(left, longest_head));
    if (const Status status = image_.read(section.offset + offset, read); !status.ok()) return status.error();
    Cursor cursor(read);
    std::uint64_t length = cursor.take<std::uint32_t>();
    Record record;
    if (length == 0) {  // the end of .eh_frame
        record.end_offset = section.size;
        record.is_common = true;
        return record;
    }
    const bool is_long = length == 0xffffffffU;
    if (is_long) length = cursor.take<std::uint64_t>();
    record.id_offset = offset + cursor.position();
    if (cursor.failed() || length > section.size - record.id_offset || length > longest_record) return bad;
    record.end_offset = record.id_offset + length;
    const bool long_id = is_long && section.is_debug_frame;
    record.id = long_id ? cursor.take<std::uint64_t>() : cursor.take<std::uint32_t>();
    record.body_offset = offset + cursor.position();
    if (cursor.failed() || record.body_offset > record.end_offset) return bad;
    const std::uint64_t common_id = section.is_debug_frame ? (long_id ? ~std::uint64_t{0} : 0xffffffffU) : 0;
    record.is_common = record.id == common_id;
    record.bytes.resize(static_cast<std::size_t>(record.end_offset - record.body_offset));
    if (const Status status = image_.read(section.offset + record.body_offset, record.bytes); !status.ok()) {
        return status.error();
    }
    return record;
}

Result<CommonFrame> CallFrames::read_common(const Section& section, const Record& record) const {
    const Error bad{ErrorCode::corrupt, "reading a CIE of call frame information"};
    if (!record.is_common || record.bytes.empty()) return bad;
    Cursor cursor(record.bytes);
    CommonFrame common;
    const auto version = cursor.take<std::uint8_t>();
    std::string_view augmentation = cursor.text();
    if (version != 1 && version != 3 && version != 4) return bad;
    if (version == 4) {
        constexpr std::uint8_t flat_64_bits[] = {8, 0};
        const auto address_bytes = cursor.take<std::uint8_t>();
        const auto segment_bytes = cursor.take<std::uint8_t>();
        if (address_bytes != flat_64_bits[0] || segment_bytes != flat_64_bits[1]) return bad;
    }
    common.code_alignment = cursor.uleb();
    common.data_alignment = cursor.sleb();
    common.return_register = version == 1 ? cursor.take<std::uint8_t>() : cursor.uleb();
    if (augmentation.starts_with('z')) {
        common.has_augmentation = true;
        augmentation.remove_prefix(1);
        const std::uint64_t size = cursor.uleb();
        Cursor data(cursor.take_bytes(size));
        for (const char letter : augmentation) {
            if (letter == 'R') {
                common.pointer_encoding = data.take<std::uint8_t>();
            } else if (letter == 'L') {
                data.take<std::uint8_t>();
            } else if (letter == 'P') {
                const auto encoding = data.take<std::uint8_t>();
                if (encoding != omitted) take_of_form(data, encoding);
            } else if (letter == 'S') {
                common.signal_frame = true;
            } else {
                return bad;
            }
        }
        if (data.failed()) return bad;
    } else if (!augmentation.empty()) {
        return bad;
    }
    if (section.is_debug_frame) common.pointer_encoding = absolute;
    if (cursor.failed()) return bad;
    common.instructions = cursor.rest();
    return common;
}

Result<FunctionFrame> CallFrames::read_function(const Section& section, const Record& record,
                                                const CommonFrame& common) const {
    const Error bad{ErrorCode::corrupt, "reading an FDE of call frame information"};
    Cursor cursor(record.bytes);
    FunctionFrame function;
    const std::uint8_t encoding = common.pointer_encoding;
    function.start = take_of_form(cursor, encoding);
    if ((encoding & base_bits) == from_here) {
        function.start += section.address + record.body_offset;
    } else if ((encoding & base_bits) != absolute) {
        return bad;
    }
    function.size = take_of_form(cursor, encoding & form_bits);
    if (common.has_augmentation) cursor.take_bytes(cursor.uleb());
    if (cursor.failed()) return bad;
    function.instructions = cursor.rest();
    return function;
}

void CallFrames::open_eh_frame() {
    if (std::exchange(eh_frame_was_opened_, true)) return;
    if (const Elf64_Shdr* section = image_.section(".eh_frame")) {
        if ((section->sh_flags & SHF_COMPRESSED) != 0) return;
        eh_frame_ = Section{false, section->sh_offset, section->sh_addr, section->sh_size, {}, false};
    }
    const Elf64_Phdr* segment = image_.segment(PT_GNU_EH_FRAME);
    if (segment == nullptr) return;
    const Result<EhFrameHeader> header = image_.read_as<EhFrameHeader>(segment->p_offset);
    if (!header || header->version != 1) return;
    std::array<std::byte, 8> words{};
    if (!image_.read(segment->p_offset + sizeof(EhFrameHeader), words).ok()) return;
    Cursor cursor(words);
    if (header->section_encoding != (from_here | signed_word)) return;
    const std::uint64_t address = take_of_form(cursor, signed_word) + segment->p_vaddr + sizeof(EhFrameHeader);
    const std::uint64_t rows = cursor.take<std::uint32_t>();
    const std::optional<std::uint64_t> offset = image_.offset_of(address);
    if (!offset) return;
    // A file without a table of sections: up to the end of the segment; the entries have their own lengths.
    if (!eh_frame_) {
        std::uint64_t size = 0;
        const std::optional<std::uint64_t> room = image_.room_behind(address);
        if (room) size = *room;
        eh_frame_ = Section{false, *offset, address, size, {}, false};
    }
    if (eh_frame_->offset != *offset) return;
    if (header->count_encoding != unsigned_word || header->table_encoding != (from_header | signed_word)) return;
    table_offset_ = segment->p_offset + sizeof(EhFrameHeader) + words.size();
    table_address_ = segment->p_vaddr;
    table_rows_ = rows;
}

void CallFrames::open_debug_frame() {
    if (std::exchange(debug_frame_was_opened_, true)) return;
    const Elf64_Shdr* section = image_.section(".debug_frame");
    if (section == nullptr || (section->sh_flags & SHF_COMPRESSED) != 0) return;
    debug_frame_ = Section{true, section->sh_offset, 0, section->sh_size, {}, false};
}

// Offset in .eh_frame of the last entry that begins at or before `address`.
std::optional<std::uint64_t> CallFrames::search_header(std::uint64_t address) {
    std::uint64_t low = 0;
    std::uint64_t high = table_rows_;
    std::optional<std::uint64_t> found;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const Result<TableRow> row = image_.read_as<TableRow>(table_offset_ + middle * sizeof(TableRow));
        if (!row) return std::nullopt;
        const std::uint64_t start = table_address_ + static_cast<std::uint64_t>(std::int64_t{row->function});
        if (start > address) {
            high = middle;
        } else {
            found = table_address_ + static_cast<std::uint64_t>(std::int64_t{row->entry}) - eh_frame_->address;
            low = middle + 1;
        }
    }
    return found;
}

void CallFrames::index(Section& section) {
    if (std::exchange(section.indexed, true)) return;
    if (section.size > longest_section_to_index) return;
    std::optional<Record> common_record;
    std::optional<CommonFrame> common;
    std::uint64_t common_at = 0;
    for (std::uint64_t offset = 0; offset < section.size && section.index.size() < most_entries;) {
        const Result<Record> record = read_record(section, offset);
        if (!record) return;
        const std::uint64_t at = std::exchange(offset, record->end_offset);
        if (record->is_common) continue;
        const std::uint64_t wanted = record->common_offset(section.is_debug_frame);
        if (!common || common_at != wanted) {
            common.reset();
            Result<Record> other = read_record(section, wanted);
            if (!other) continue;
            common_record = std::move(*other);
            const Result<CommonFrame> read = read_common(section, *common_record);
            if (!read) continue;
            common = *read;
            common_at = wanted;
        }
        const Result<FunctionFrame> function = read_function(section, *record, *common);
        if (!function) continue;
        if (!image_.charge(sizeof(Entry))) break;
        section.index.push_back({function->start, function->size, at});
    }
    std::ranges::sort(section.index, {}, &Entry::start);
}

std::optional<std::uint64_t> CallFrames::search_index(const Section& section, std::uint64_t address) const {
    auto behind = std::ranges::upper_bound(section.index, address, {}, &Entry::start);
    if (behind == section.index.begin()) return std::nullopt;
    return std::prev(behind)->offset;
}

Result<std::optional<FrameRow>> CallFrames::row_at(const Section& section, std::uint64_t offset,
                                                   std::uint64_t address) {
    const Result<Record> record = read_record(section, offset);
    if (!record) return record.error();
    if (record->is_common) return Error{ErrorCode::corrupt, "reading a CIE in an FDE's place"};
    const Result<Record> common_record = read_record(section, record->common_offset(section.is_debug_frame));
    if (!common_record) return common_record.error();
    const Result<CommonFrame> common = read_common(section, *common_record);
    if (!common) return common.error();
    const Result<FunctionFrame> function = read_function(section, *record, *common);
    if (!function) return function.error();
    if (address - function->start >= function->size) return std::optional<FrameRow>();
    Result<FrameRow> row = frame_row(*common, *function, address);
    if (!row) return row.error();
    return std::optional<FrameRow>(std::move(*row));
}

Result<std::optional<FrameRow>> CallFrames::find(FoundBy section, std::uint64_t address) {
    const bool debug = section == FoundBy::debug_frame;
    if (debug) open_debug_frame();
    if (!debug) open_eh_frame();
    std::optional<Section>& from = debug ? debug_frame_ : eh_frame_;
    if (!from) return std::optional<FrameRow>();
    std::optional<std::uint64_t> offset;
    if (!debug && table_rows_ > 0) {
        offset = search_header(address);
    } else {
        index(*from);
        offset = search_index(*from, address);
    }
    if (!offset) return std::optional<FrameRow>();
    return row_at(*from, *offset, address);
}

}  // namespace subint_doctor::native
