#include "subint_doctor/model/text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace subint_doctor {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool is_plain(unsigned byte) { return byte >= 0x20 && byte < 0x7f; }

struct Sequence {
    std::size_t bytes = 0;  // 0: not well-formed
    char32_t point = 0;
};

// Well-formed as in table 3-7 of the Unicode standard: no overlong form, no surrogate, nothing above U+10FFFF.
Sequence sequence_at(std::string_view text, std::size_t at) {
    const unsigned lead = byte_at(text, at);
    if (lead < 0x80) return {1, lead};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - at < bytes) return {};
    char32_t point = lead & (0x7fU >> bytes);
    for (std::size_t n = 1; n < bytes; ++n) {
        const unsigned next = byte_at(text, at + n);
        if ((next & 0xc0U) != 0x80) return {};
        point = (point << 6) | (next & 0x3fU);
    }
    const bool overlong = (bytes == 3 && point < 0x800) || (bytes == 4 && point < 0x10000);
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (overlong || surrogate || point > 0x10ffff) return {};
    return {bytes, point};
}

struct Points {
    char32_t first;
    char32_t last;
};

// What a terminal or an editor does not draw, or lets reorder and break what stands around it: controls, directional marks
// and overrides, line and paragraph separators, zero width and byte order marks, tags.
constexpr Points hidden[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},   {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

bool is_hidden(char32_t point) {
    return std::any_of(std::begin(hidden), std::end(hidden),
                       [&](const Points& range) { return point >= range.first && point <= range.last; });
}

// As a Python literal would spell it.
void append_spelled(std::string& out, char32_t point) {
    const int digits = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8;
    out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[(point >> shift) & 0xfU];
}

}  // namespace

void append_visible(std::string& out, std::string_view raw) {
    std::size_t at = 0;
    while (at < raw.size()) {
        const std::size_t start = at;
        while (at < raw.size() && is_plain(byte_at(raw, at))) ++at;
        out.append(raw, start, at - start);
        if (at == raw.size()) return;
        const Sequence next = sequence_at(raw, at);
        if (next.bytes == 0) {
            out += replacement;
            ++at;
        } else if (is_hidden(next.point)) {
            append_spelled(out, next.point);
            at += next.bytes;
        } else {
            out.append(raw, at, next.bytes);
            at += next.bytes;
        }
    }
}

std::string visible(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    append_visible(out, raw);
    return out;
}

std::string_view cut(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (byte_at(text, most) & 0xc0U) == 0x80) --most;
    return text.substr(0, most);
}

}  // namespace subint_doctor
