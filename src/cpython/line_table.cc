#include "line_table.h"

namespace subint_doctor::cpython {
namespace {

// PY_CODE_LOCATION_INFO_* of Include/internal/pycore_code.h; below one_line_0 are the short forms.
enum EntryCode : unsigned { one_line_0 = 10, no_columns = 13, long_form = 14, none = 15 };

class Cursor {
public:
    explicit Cursor(std::span<const std::byte> table) : table_(table) {}

    bool at_end() const { return at_ >= table_.size(); }
    bool damaged() const { return damaged_; }

    unsigned byte() {
        if (at_end()) {
            damaged_ = true;
            return 0;
        }
        return std::to_integer<unsigned>(table_[at_++]);
    }

    // Six bits per byte, the lowest first; bit 6: more follow.
    std::uint32_t varint() {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 32; shift += 6) {
            const unsigned next = byte();
            value |= (next & 0x3f) << shift;
            if ((next & 0x40) == 0) return value;
        }
        damaged_ = true;
        return value;
    }

    std::int64_t signed_varint() {
        const std::uint32_t value = varint();
        const std::int64_t magnitude = value >> 1;
        return (value & 1) != 0 ? -magnitude : magnitude;
    }

private:
    std::span<const std::byte> table_;
    std::size_t at_ = 0;
    bool damaged_ = false;
};

struct Entry {
    std::uint64_t code_units = 0;
    std::int64_t line_delta = 0;
    bool has_line = true;
    std::int64_t column = -1;
};

void read_long_form(Cursor& cursor, Entry& entry) {
    entry.line_delta = cursor.signed_varint();
    cursor.varint();  // lines to the end
    entry.column = std::int64_t{cursor.varint()} - 1;
    cursor.varint();  // end column
}

Entry read_entry(Cursor& cursor) {
    const unsigned first = cursor.byte();
    const unsigned code = first >> 3 & 15;
    Entry entry;
    entry.code_units = (first & 7) + 1;
    if (code < one_line_0) {
        entry.column = code << 3 | cursor.byte() >> 4;
    } else if (code < no_columns) {
        entry.line_delta = code - one_line_0;
        entry.column = cursor.byte();
        cursor.byte();  // end column
    } else if (code == no_columns) {
        entry.line_delta = cursor.signed_varint();
    } else if (code == long_form) {
        read_long_form(cursor, entry);
    } else {
        entry.has_line = false;
    }
    return entry;
}

SourceLocation location_of(const Entry& entry, std::int64_t line) {
    SourceLocation location;
    if (!entry.has_line || line < 1 || line > INT32_MAX) return location;
    location.line = static_cast<int>(line);
    if (entry.column >= 0 && entry.column <= INT32_MAX) location.column = static_cast<int>(entry.column);
    return location;
}

}  // namespace

SourceLocation find_location(std::span<const std::byte> table, int first_line, std::uint64_t code_unit) {
    Cursor cursor(table);
    std::int64_t line = first_line;
    std::uint64_t end = 0;
    while (!cursor.at_end()) {
        const Entry entry = read_entry(cursor);
        if (cursor.damaged()) break;
        line += entry.line_delta;
        end += entry.code_units;
        if (code_unit < end) return location_of(entry, line);
    }
    return {};
}

}  // namespace subint_doctor::cpython
