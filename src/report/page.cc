#include "page.h"

#include <algorithm>

#include "subint_doctor/report/escape.h"

namespace subint_doctor::report {
namespace {

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view plain = "\x1b[0m";

std::string_view code_of(Page::Tone tone) {
    switch (tone) {
        case Page::Tone::alarm:
            return "\x1b[1;31m";
        case Page::Tone::warning:
            return "\x1b[1;33m";
        case Page::Tone::note:
            return "\x1b[1;34m";
        case Page::Tone::plain:
            break;
    }
    return bold;
}

}  // namespace

int columns_of(std::string_view text) {
    return static_cast<int>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;  // not a continuation byte
    }));
}

void Page::blank() {
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
}

void Page::heading(std::string_view left, std::string_view right) {
    const std::string title = visible(left);
    if (style_.color) out_ += bold;
    out_ += title;
    if (style_.color) out_ += plain;
    right_aligned(columns_of(title), right);
    out_ += '\n';
}

void Page::verdict(const Verdict& verdict) {
    if (style_.color) out_ += code_of(verdict.tone);
    const std::size_t start = out_.size();
    out_ += verdict.lead;
    wrap(visible(verdict.sentence), columns_of(verdict.lead), 0);
    const std::size_t last_line = out_.rfind('\n') + 1;
    const int used = columns_of(std::string_view(out_).substr(std::max(start, last_line)));
    if (style_.color) out_ += plain;
    right_aligned(used, verdict.confidence);
    out_ += '\n';
    right_aligned(0, verdict.code);
    out_ += '\n';
}

void Page::wrapped(std::string_view prefix, std::string_view text, int indent) {
    const std::string shown = visible(prefix);
    out_ += shown;
    wrap(visible(text), columns_of(shown), indent);
    out_ += '\n';
}

void Page::line(std::string_view text) {
    append_visible(out_, text);
    out_ += '\n';
}

// A word that is longer than a line stays whole. Spaces between words stay as they are, except where a line ends.
void Page::wrap(std::string_view text, int column, int indent) {
    bool first_word = true;
    while (true) {
        const std::size_t gap = text.find_first_not_of(' ');
        if (gap == std::string_view::npos) return;
        text.remove_prefix(gap);
        const std::string_view word = text.substr(0, text.find(' '));
        const int width = columns_of(word);
        const int spaces = first_word ? 0 : static_cast<int>(gap);
        if (!first_word && column + spaces + width > style_.columns) {
            out_.append(1, '\n').append(static_cast<std::size_t>(indent), ' ');
            column = indent;
        } else {
            out_.append(static_cast<std::size_t>(spaces), ' ');
            column += spaces;
        }
        out_ += word;
        column += width;
        first_word = false;
        text.remove_prefix(word.size());
    }
}

void Page::right_aligned(int used, std::string_view text) {
    constexpr int least_gap = 2;
    if (text.empty()) return;
    const int width = columns_of(text);
    if (used > 0 && used + least_gap + width > style_.columns) {
        out_ += '\n';
        used = 0;
    }
    out_.append(static_cast<std::size_t>(std::max(0, style_.columns - used - width)), ' ').append(text);
}

}  // namespace subint_doctor::report
