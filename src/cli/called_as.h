// The name that this tool was called by, so that what it advises can be pasted.
#pragma once

#include <string>
#include <string_view>

namespace subint_doctor::cli {

// Once, at the start. A path stays as it was typed, quoted where a shell needs it; but the plain name is enough where PATH
// leads to the same file.
void remember_call(const char* argv0);
const std::string& called_as();

// `text` with "subint-doctor" replaced by called_as() where it is the command of a line to type: before a verb or an
// option.
std::string with_called_name(std::string_view text);

}  // namespace subint_doctor::cli
