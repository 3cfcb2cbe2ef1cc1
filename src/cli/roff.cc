#include "roff.h"

#include <algorithm>
#include <charconv>

#include "roff_text.h"

namespace subint_doctor::cli {
namespace {

constexpr int body_indent = 4;
constexpr int nested_indent = 4;  // of .RS
constexpr int tagged_indent = 8;  // of what follows a .TP or .IP tag

// ".BR foo (1)" becomes "\fBfoo\fR(1)"; a macro of one font joins its arguments by spaces.
std::string in_fonts(std::string_view fonts, const std::vector<std::string>& arguments) {
    std::string text;
    for (std::size_t n = 0; n < arguments.size(); ++n) {
        if (fonts.size() == 1 && n > 0) text += ' ';
        text += "\\f";
        text += fonts[n % fonts.size()];
        text += arguments[n];
    }
    return text + "\\fR";
}

// The indent of .IP; the usual one for what is no small number.
int number_in(const std::string& text) {
    int number = tagged_indent;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return std::clamp(number, 1, 2 * tagged_indent);
}

class Renderer {
public:
    explicit Renderer(const RoffStyle& style) : style_(style) {}

    std::string render(std::string_view page) {
        while (!page.empty()) {
            const std::size_t end = std::min(page.find('\n'), page.size());
            line(page.substr(0, end));
            page.remove_prefix(std::min(end + 1, page.size()));
        }
        break_line();
        return std::move(out_);
    }

private:
    void line(std::string_view source) {
        if (source.empty() || source[0] != '.') return text(source);
        const std::size_t end = std::min(source.find(' '), source.size());
        macro(source.substr(1, end - 1), arguments_of(source.substr(end)));
    }

    void macro(std::string_view name, const std::vector<std::string>& arguments) {
        if (name == "SH") return section(arguments);
        if (name == "B" || name == "I" || name == "BR" || name == "IR") return text(in_fonts(name, arguments));
        if (name == "PP") return paragraph(body_indent + nesting_);
        if (name == "TP") return start_tagged();
        if (name == "IP") return item(arguments);
        if (name == "nf" || name == "fi") return fill(name == "fi");
        if (name == "RS" || name == "RE") return nest(name == "RS" ? nested_indent : -nested_indent);
    }

    void section(const std::vector<std::string>& arguments) {
        nesting_ = 0;
        paragraph(0);
        text(in_fonts("B", arguments));
        break_line();
        indent_ = body_indent;
        after_heading_ = true;
    }

    void paragraph(int indent) {
        break_line();
        if (!out_.empty() && !after_heading_) out_ += '\n';
        after_heading_ = false;
        indent_ = indent;
    }

    void start_tagged() {
        paragraph(body_indent + nesting_);
        tag_follows_ = true;
        tag_width_ = tagged_indent;
    }

    void item(const std::vector<std::string>& arguments) {
        start_tagged();
        if (arguments.size() > 1) tag_width_ = number_in(arguments[1]);
        text(arguments.empty() ? "" : arguments.front());
    }

    void fill(bool on) {
        break_line();
        filled_ = on;
    }

    void nest(int by) {
        break_line();
        nesting_ = std::max(0, nesting_ + by);
        indent_ = body_indent + nesting_;
    }

    void text(std::string_view source) {
        if (!filled_) return verbatim(source);
        for (Word& word : words_of(source, style_.color, false)) words_.push_back(std::move(word));
        if (tag_follows_) finish_tag();
    }

    void verbatim(std::string_view source) {
        after_heading_ = false;
        const std::vector<Word> words = words_of(source, style_.color, true);
        if (!words.empty()) out_.append(static_cast<std::size_t>(indent_), ' ').append(words.front().text);
        out_ += '\n';
    }

    // A short tag shares the line with the text that it introduces.
    void finish_tag() {
        tag_follows_ = false;
        int columns = -1;
        for (const Word& word : words_) columns += word.columns + 1;
        const int tag_indent = indent_;
        if (columns >= tag_width_) {
            break_line();
        } else {
            shared_line_ = std::string(static_cast<std::size_t>(tag_indent), ' ');
            for (const Word& word : words_) shared_line_ += word.text + " ";
            shared_line_.append(static_cast<std::size_t>(std::max(0, tag_width_ - columns - 1)), ' ');
            words_.clear();
        }
        indent_ = tag_indent + tag_width_;
    }

    void break_line() {
        if (words_.empty() && shared_line_.empty()) return;
        out_ += shared_line_.empty() ? std::string(static_cast<std::size_t>(indent_), ' ') : shared_line_;
        shared_line_.clear();
        int column = indent_;
        bool first = true;
        for (const Word& word : words_) {
            if (!first && column + 1 + word.columns > style_.columns) {
                out_.append("\n").append(static_cast<std::size_t>(indent_), ' ');
                column = indent_;
            } else if (!first) {
                out_ += ' ';
                ++column;
            }
            out_ += word.text;
            column += word.columns;
            first = false;
        }
        words_.clear();
        out_ += '\n';
        after_heading_ = false;
    }

    RoffStyle style_;
    std::string out_;
    std::vector<Word> words_;  // of the paragraph at hand
    std::string shared_line_;  // a tag and the space up to its text
    int indent_ = body_indent;
    int nesting_ = 0;
    int tag_width_ = tagged_indent;
    bool filled_ = true;
    bool tag_follows_ = false;
    bool after_heading_ = false;
};

}  // namespace

std::string render_roff(std::string_view page, const RoffStyle& style) { return Renderer(style).render(page); }

std::string roff_summary(std::string_view page) {
    constexpr std::string_view dash = " \\- ";
    const std::size_t start = page.find(dash);
    if (start == std::string_view::npos) return "";
    const std::string_view rest = page.substr(start + dash.size());
    std::string summary;
    for (const Word& word : words_of(rest.substr(0, rest.find('\n')), false, true)) summary += word.text;
    return summary;
}

}  // namespace subint_doctor::cli
