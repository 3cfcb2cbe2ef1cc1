// One line of roff text, escapes resolved and cut into words. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace subint_doctor::cli {

struct Word {
    std::string text;  // with terminal codes for its fonts, if asked for; ends in the roman font
    int columns = 0;
};

// `keep_spaces`: one word, for lines that are not filled.
std::vector<Word> words_of(std::string_view source, bool color, bool keep_spaces);

// A macro's arguments: separated by spaces, quoted where they contain some.
std::vector<std::string> arguments_of(std::string_view rest);

}  // namespace subint_doctor::cli
