// A long text of proc(5), line by line, with no more than a piece of it in memory.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "subint_doctor/model/result.h"

namespace subint_doctor::os {

// Gives `take` each line without its newline, until it returns false or the text ends. `limit` where the text is longer
// than that many bytes, or a line than 16 KiB.
Status read_lines(int folder, const char* path, std::size_t limit, const std::function<bool(std::string_view)>& take);

}  // namespace subint_doctor::os
