// Text of the patient made safe to show: valid UTF-8 in which every control character is spelled out.
#pragma once

#include <string>
#include <string_view>

namespace subint_doctor::report {

// Appends `raw` with bytes that are not UTF-8 replaced by U+FFFD and control characters (C0, DEL, C1) written as \x1b.
void append_visible(std::string& out, std::string_view raw);

std::string visible(std::string_view raw);

}  // namespace subint_doctor::report
