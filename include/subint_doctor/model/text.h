// Text of the patient made safe to show: valid UTF-8 in which everything is spelled out that a terminal obeys or does not
// draw. Here, because sentences are made on two floors; doing it twice changes nothing.
#pragma once

#include <string>
#include <string_view>

namespace subint_doctor {

// Appends `raw` with bytes that are not UTF-8 replaced by U+FFFD, and what cannot be seen written as \x1b, \u202e or
// \U000e0001: control characters (C0, DEL, C1), directional marks and overrides, line separators, zero width characters.
void append_visible(std::string& out, std::string_view raw);

std::string visible(std::string_view raw);

// At most `most` bytes of it, cut before a character of UTF-8.
std::string_view cut(std::string_view text, std::size_t most);

}  // namespace subint_doctor
