#include "roff_text.h"

#include <utility>

namespace subint_doctor::cli {
namespace {

constexpr std::string_view roman_code = "\x1b[0m";

std::string_view code_of(char font) {
    if (font == 'B') return "\x1b[1m";
    return font == 'I' ? "\x1b[4m" : roman_code;
}

std::string_view special_character(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"em", "--"}, {"en", "-"}, {"aq", "'"}, {"dq", "\""}, {"bu", "*"},
    };
    for (const auto& [known, text] : names) {
        if (known == name) return text;
    }
    return "";
}

class Splitter {
public:
    Splitter(bool color, bool keep_spaces) : color_(color), keep_spaces_(keep_spaces) {}

    std::vector<Word> split(std::string_view source) {
        while (!source.empty()) source.remove_prefix(source[0] == '\\' ? escape(source) : plain(source[0]));
        finish_word();
        return std::move(words_);
    }

private:
    std::size_t plain(char byte) {
        if (byte == ' ' && !keep_spaces_) {
            finish_word();
        } else {
            add({&byte, 1});
        }
        return 1;
    }

    // Returns the length of the escape.
    std::size_t escape(std::string_view source) {
        const char kind = source.size() > 1 ? source[1] : ' ';
        if (kind == 'f' && source.size() > 2) {
            font_ = source[2] == 'P' ? previous_font_ : source[2];
            previous_font_ = 'R';
            return 3;
        }
        if (kind == '(' && source.size() > 3) {
            add(special_character(source.substr(2, 2)));
            return 4;
        }
        if (kind == '-' || kind == ' ') add({&kind, 1});
        if (kind == 'e') add("\\");
        return source.size() > 1 ? 2 : 1;
    }

    void add(std::string_view text) {
        if (color_ && shown_font_ != font_) word_.text += code_of(font_);
        shown_font_ = font_;
        for (const char byte : text) {
            if ((static_cast<unsigned char>(byte) & 0xc0) != 0x80) ++word_.columns;
        }
        word_.text += text;
    }

    void finish_word() {
        if (word_.columns == 0) return;
        if (color_ && shown_font_ != 'R') word_.text += roman_code;
        shown_font_ = 'R';
        words_.push_back(std::exchange(word_, {}));
    }

    bool color_;
    bool keep_spaces_;
    char font_ = 'R';
    char previous_font_ = 'R';
    char shown_font_ = 'R';  // in word_
    Word word_;
    std::vector<Word> words_;
};

}  // namespace

std::vector<Word> words_of(std::string_view source, bool color, bool keep_spaces) {
    return Splitter(color, keep_spaces).split(source);
}

std::vector<std::string> arguments_of(std::string_view rest) {
    std::vector<std::string> arguments;
    std::string argument;
    bool quoted = false;
    bool started = false;
    for (const char byte : rest) {
        if (byte == '"') {
            quoted = !quoted;
            started = true;
        } else if (byte == ' ' && !quoted) {
            if (started) arguments.push_back(std::exchange(argument, {}));
            started = false;
        } else {
            argument += byte;
            started = true;
        }
    }
    if (started) arguments.push_back(argument);
    return arguments;
}

}  // namespace subint_doctor::cli
