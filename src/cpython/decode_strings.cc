#include "decode_strings.h"

#include <fmt/format.h>

#include <algorithm>

namespace subint_doctor::cpython {
namespace {

struct Characters {
    Address address;
    unsigned bytes_each = 1;
    bool ascii = false;

    // How many of them take no more than `size` bytes of UTF-8, whichever they are.
    std::size_t fit_into(std::size_t size) const {
        return size / (ascii ? 1 : bytes_each == 1 ? 2 : bytes_each == 2 ? 3 : 4);
    }
};

struct Text {
    Characters characters;
    std::size_t length = 0;  // code points
};

void append_utf8(std::string& text, std::uint32_t point) {
    const auto add = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (point >= 0xdc80 && point <= 0xdcff) return add(point - 0xdc00);  // PEP 383
    if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) point = 0xfffd;
    if (point < 0x80) return add(point);
    if (point < 0x800) {
        add(0xc0 | point >> 6);
    } else if (point < 0x10000) {
        add(0xe0 | point >> 12);
        add(0x80 | (point >> 6 & 0x3f));
    } else {
        add(0xf0 | point >> 18);
        add(0x80 | (point >> 12 & 0x3f));
        add(0x80 | (point >> 6 & 0x3f));
    }
    add(0x80 | (point & 0x3f));
}

// The state word: interned 2 bits, kind 3, compact 1, ascii 1.
Result<Characters> find_characters(const StructReader& structs, Address object) {
    const Result<std::uint32_t> state = structs.get<std::uint32_t>(object, Field::unicode_state);
    if (!state) return state.error();
    const unsigned kind = *state >> 2 & 7;
    const bool compact = (*state >> 5 & 1) != 0;
    const bool ascii = (*state >> 6 & 1) != 0;
    if (kind != 1 && kind != 2 && kind != 4) return Error{ErrorCode::corrupt, "reading a str of no known kind", object};
    if (!compact) {
        const Result<Address> data = structs.pointer(object, Field::unicode_data);
        if (!data) return data.error();
        return Characters{*data, kind, ascii};
    }
    const Field header = ascii ? Field::unicode_ascii_size : Field::unicode_compact_size;
    if (!structs.layout().offset(header)) return structs.unknown_field();
    return Characters{object + structs.number(header), kind, ascii};
}

std::string to_utf8(std::span<const std::byte> bytes, unsigned bytes_each) {
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at + bytes_each <= bytes.size(); at += bytes_each) {
        std::uint32_t point = 0;
        std::memcpy(&point, bytes.data() + at, bytes_each);
        append_utf8(text, point);
    }
    return text;
}

Result<Text> find_text(Objects& objects, Address object) {
    const Result<const TypeFacts*> type = objects.type_of(object);
    if (!type) return type.error();
    if (((*type)->flags & unicode_subclass) == 0) return Error{ErrorCode::corrupt, "reading a str", object};
    const StructReader& structs = objects.structs();
    const Result<std::int64_t> length = structs.get<std::int64_t>(object, Field::unicode_length);
    if (!length) return length.error();
    if (*length < 0) return Error{ErrorCode::corrupt, "reading a str of negative length", object};
    const Result<Characters> characters = find_characters(structs, object);
    if (!characters) return characters.error();
    return Text{*characters, static_cast<std::size_t>(*length)};
}

Result<std::string> read_points(const StructReader& structs, const Characters& characters, std::size_t first,
                                std::size_t count) {
    std::string raw(count * characters.bytes_each, '\0');
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(raw));
    const Address from = characters.address + first * std::uint64_t{characters.bytes_each};
    if (Status status = read_exact(structs.memory(), from, bytes); !status.ok()) return status.error();
    return characters.ascii ? raw : to_utf8(bytes, characters.bytes_each);
}

}  // namespace

Result<std::string> read_str(Objects& objects, Address object, std::size_t limit) {
    const Result<Text> text = find_text(objects, object);
    if (!text) return text.error();
    return read_points(objects.structs(), text->characters, 0, std::min(text->length, limit));
}

Result<std::string> read_name(Objects& objects, Address object) {
    const Result<Text> text = find_text(objects, object);
    if (!text) return text.error();
    const std::size_t kept = std::min(text->length, text->characters.fit_into(max_name_size));
    Result<std::string> name = read_points(objects.structs(), text->characters, 0, kept);
    if (name && kept < text->length) *name += fmt::format("…[{} more]", text->length - kept);
    return name;
}

Result<std::string> read_path(Objects& objects, Address object) {
    const Result<Text> text = find_text(objects, object);
    if (!text) return text.error();
    const std::size_t kept = std::min(text->length, text->characters.fit_into(max_path_size));
    const std::size_t left_out = text->length - kept;
    Result<std::string> path = read_points(objects.structs(), text->characters, left_out, kept);
    if (path && left_out != 0) *path = fmt::format("[{} more]…", left_out) + *path;
    return path;
}

Result<std::vector<std::byte>> read_bytes(Objects& objects, Address object, std::size_t limit) {
    const Result<bool> is_bytes = objects.is_builtin(object, "bytes");
    if (!is_bytes) return is_bytes.error();
    const StructReader& structs = objects.structs();
    const Result<std::int64_t> size = structs.get<std::int64_t>(object, Field::bytes_ob_size);
    if (!size) return size.error();
    if (!*is_bytes || *size < 0) return Error{ErrorCode::corrupt, "reading a bytes object", object};
    if (static_cast<std::uint64_t>(*size) > limit) return Error{ErrorCode::limit, "reading a bytes object", object};
    std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
    const Address data = object + structs.number(Field::bytes_ob_sval);
    if (Status status = read_exact(structs.memory(), data, bytes); !status.ok()) return status.error();
    return bytes;
}

}  // namespace subint_doctor::cpython
