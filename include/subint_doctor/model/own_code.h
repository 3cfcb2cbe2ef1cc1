// Which files are the program's own, and which came with Python or were installed.
#pragma once

#include <string_view>

namespace subint_doctor {

// What follows site-packages or dist-packages; empty where the file is in none.
std::string_view path_in_packages(std::string_view file);

// Of ".../lib/python3.14/json/decoder.py": "json/decoder.py"; empty for a file of the program's or of a package.
std::string_view path_in_library(std::string_view file);

// Frozen modules included.
bool is_standard_library(std::string_view file);

// Neither of them, and a file at all: not "<string>".
bool is_own_file(std::string_view file);

}  // namespace subint_doctor
