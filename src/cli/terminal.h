// What the reader's terminal can do.
#pragma once

#include <string_view>

namespace subint_doctor::cli {

// Of stdout; 80 where it is no terminal or narrower, 120 at most: longer lines are hard to read.
int report_columns();

// `mode` is "auto", "always" or "never"; with "auto", stdout must be a terminal that is not "dumb" and NO_COLOR unset
// or empty.
bool wants_color(std::string_view mode);

}  // namespace subint_doctor::cli
