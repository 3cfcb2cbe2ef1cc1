#include "json_stream.h"

namespace subint_doctor::report {

void JsonStream::begin_value() {
    if (follows_key_) {
        follows_key_ = false;
        return;
    }
    if (depth_ == 0) return;
    if (!is_first_) out_ += ',';
    is_first_ = false;
    new_line();
}

void JsonStream::begin(char bracket) {
    begin_value();
    out_ += bracket;
    ++depth_;
    is_first_ = true;
}

void JsonStream::end(char bracket) {
    --depth_;
    if (!is_first_) new_line();
    out_ += bracket;
    is_first_ = false;
}

void JsonStream::key(std::string_view name) {
    begin_value();
    out_.append(1, '"').append(name).append("\": ");
    follows_key_ = true;
}

void JsonStream::value(const Json& json) {
    begin_value();
    // A string has no line break of its own: it is escaped.
    const std::string text = json.dump(1);
    std::size_t at = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
        out_.append(text, at, end - at);
        new_line();
        at = end + 1;
    }
    out_.append(text, at);
}

void JsonStream::members(const Json& object) {
    for (const auto& [name, json] : object.items()) member(name, json);
}

}  // namespace subint_doctor::report
