// JSON written as it comes, in the form of nlohmann's dump(1): a report is never in memory as a tree.
#pragma once

#include <string>
#include <string_view>

#include "json_parts.h"

namespace subint_doctor::report {

class JsonStream {
public:
    void begin(char bracket);  // '{' or '['
    void end(char bracket);  // '}' or ']'
    void key(std::string_view name);  // no character of it needs an escape
    void value(const Json& json);
    void member(std::string_view name, const Json& json) {
        key(name);
        value(json);
    }
    // Each member of `object`, in its order.
    void members(const Json& object);

    std::size_t size() const { return out_.size(); }
    std::string take() { return std::move(out_); }

private:
    void new_line() { out_.append(1, '\n').append(depth_, ' '); }
    void begin_value();

    std::string out_;
    std::size_t depth_ = 0;
    bool is_first_ = true;  // of the innermost array or object
    bool follows_key_ = false;
};

}  // namespace subint_doctor::report
