#include "c_names.h"

namespace subint_doctor::report {
namespace {

constexpr std::string_view operator_word = "operator";

// The brackets of `operator<<`, `operator()` and their kind are part of the name.
std::size_t operator_length(std::string_view name) {
    if (!name.starts_with(operator_word)) return 0;
    std::size_t end = operator_word.size();
    if (name.substr(end).starts_with("()")) return end + 2;
    while (end < name.size() && std::string_view("<>=-+*/%&|^!~[],").find(name[end]) != std::string_view::npos) ++end;
    return end;
}

// Rust's "<core::iter::Map<I> as Iterator>" at the beginning is no list of arguments, it is the type.
std::size_t leading_type_length(std::string_view name) {
    int depth = 0;
    for (std::size_t n = 0; n < name.size(); ++n) {
        if (name[n] == '<') ++depth;
        if (name[n] == '>' && --depth == 0) return n + 1;
        if (depth == 0) return 0;
    }
    return 0;
}

constexpr std::string_view anonymous = "(anonymous namespace)";

}  // namespace

std::string short_c_name(std::string_view demangled) {
    const std::size_t type = leading_type_length(demangled);
    std::string text(demangled.substr(0, type));
    int depth = 0;
    for (std::size_t n = type; n < demangled.size();) {
        const std::string_view rest = demangled.substr(n);
        const std::size_t whole = rest.starts_with(anonymous) ? anonymous.size() : operator_length(rest);
        if (whole != 0) {
            if (depth == 0) text += rest.substr(0, whole);
            n += whole;
            continue;
        }
        const char c = demangled[n++];
        if (c == '(' && depth == 0 && !text.empty()) break;
        if (c == '<' && depth++ == 0) text += "<...>";
        if (depth == 0) text += c;
        if (c == '>' && depth > 0) --depth;
    }
    return text.empty() ? std::string(demangled) : text;
}

std::string_view library_name(std::string_view path) {
    constexpr std::string_view deleted = " (deleted)";
    if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
    return path.substr(path.rfind('/') + 1);
}

}  // namespace subint_doctor::report
