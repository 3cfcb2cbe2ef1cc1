// Numbers and words in the text of proc(5).
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace subint_doctor::os {

// The whole of `text` as a number; empty where it is anything else. No sign is allowed but '-' for a signed T.
template <typename T>
std::optional<T> parse_number(std::string_view text, int base) {
    T value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

template <typename T>
std::optional<T> parse_decimal(std::string_view text) {
    return parse_number<T>(text, 10);
}

// "7f00" and "0x7f00".
template <typename T>
std::optional<T> parse_hex(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    return parse_number<T>(text, 16);
}

// Cuts the next word off the front of `text`; empty at the end. Words are apart by blanks, tabs or newlines.
inline std::string_view take_word(std::string_view& text) {
    constexpr std::string_view blanks = " \t\n";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(blanks));
    text.remove_prefix(word.size());
    return word;
}

// Cuts the next line off the front of `text`, without its newline.
inline std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

}  // namespace subint_doctor::os
