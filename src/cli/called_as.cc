#include "called_as.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "verb.h"

namespace subint_doctor::cli {
namespace {

constexpr std::string_view plain_name = "subint-doctor";

std::string& name() {
    static std::string called{plain_name};
    return called;
}

// The first executable of that name, as a shell finds it.
std::string found_on_path(std::string_view file) {
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        std::string candidate(rest.substr(0, end));
        candidate.append("/").append(file);
        if (access(candidate.c_str(), X_OK) == 0) return candidate;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return "";
}

bool are_the_same(const std::string& a, const std::string& b) {
    struct stat of_a = {};
    struct stat of_b = {};
    return stat(a.c_str(), &of_a) == 0 && stat(b.c_str(), &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

std::string quoted(const std::string& path) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-=@%,:";
    if (path.find_first_not_of(plain) == std::string::npos) return path;
    std::string text = "'";
    for (const char byte : path) text += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
    return text + "'";
}

bool is_followed_by_a_verb(std::string_view rest) {
    if (!rest.starts_with(' ')) return false;
    rest.remove_prefix(1);
    if (rest.starts_with("--")) return true;
    return find_verb(rest.substr(0, rest.find_first_of(" `\n"))) != nullptr;
}

}  // namespace

void remember_call(const char* argv0) {
    const std::string path = argv0 == nullptr ? "" : argv0;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        name() = path.empty() ? std::string(plain_name) : quoted(path);
        return;
    }
    const std::string file = path.substr(slash + 1);
    name() = quoted(are_the_same(found_on_path(file), path) ? file : path);
}

const std::string& called_as() { return name(); }

std::string with_called_name(std::string_view text) {
    std::string out;
    while (true) {
        const std::size_t at = text.find(plain_name);
        if (at == std::string_view::npos) return out.append(text);
        const std::string_view rest = text.substr(at + plain_name.size());
        const bool begins_a_word = at == 0 || text[at - 1] == ' ' || text[at - 1] == '`' || text[at - 1] == '\n';
        out.append(text, 0, at);
        out += begins_a_word && is_followed_by_a_verb(rest) ? called_as() : plain_name;
        text = rest;
    }
}

}  // namespace subint_doctor::cli
