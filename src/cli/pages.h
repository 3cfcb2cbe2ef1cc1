// The man pages of section 7, built into the tool so that `explain` works on a machine without them.
#pragma once

#include <span>
#include <string_view>

namespace subint_doctor::cli {

struct Page {
    std::string_view code;  // kebab-case
    std::string_view roff;
};

// Sorted by code. Written by CMake from man/hangs.
std::span<const Page> all_pages();

}  // namespace subint_doctor::cli
