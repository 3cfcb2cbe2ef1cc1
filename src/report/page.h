// A page of text being written: wrapped between words, escaped, with bold headings where colour is wanted.
#pragma once

#include <string>
#include <string_view>

#include "subint_doctor/report/render.h"

namespace subint_doctor::report {

// Characters of well-formed UTF-8; what a terminal needs for most scripts.
int columns_of(std::string_view text);

class Page {
public:
    explicit Page(const TextStyle& style) : style_(style) {}

    // One blank line, however often it is asked for.
    void blank();

    // `right` goes to the right margin, below when it does not fit beside.
    void heading(std::string_view left, std::string_view right);

    enum class Tone { plain, note, warning, alarm };  // bold, and blue, yellow or red

    // The answer, with `lead` ("HUNG: ") in its tone's colour; `confidence` and `code` at the right margin.
    struct Verdict {
        std::string_view lead;
        std::string_view sentence;
        std::string_view confidence;
        std::string_view code;
        Tone tone = Tone::plain;
    };
    void verdict(const Verdict& verdict);

    // `prefix` as it is, then `text` wrapped; further lines begin at column `indent`.
    void wrapped(std::string_view prefix, std::string_view text, int indent);

    // As it is, but escaped: what is to be pasted, or too regular to be wrapped.
    void line(std::string_view text);

    std::size_t size() const { return out_.size(); }
    std::string take() { return std::move(out_); }

private:
    void wrap(std::string_view visible_text, int column, int indent);
    void right_aligned(int used, std::string_view text);

    TextStyle style_;
    std::string out_;
};

}  // namespace subint_doctor::report
