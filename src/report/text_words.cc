#include "text_words.h"

#include <fmt/format.h>

#include <algorithm>

namespace subint_doctor::report {
namespace {

// Python/getopt.c: these options take an argument, which may be the next one.
bool takes_next(std::string_view option) {
    return option == "-W" || option == "-X" || option == "--check-hash-based-pycs";
}

}  // namespace

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string duration_text(std::uint64_t ms) {
    const std::uint64_t seconds = ms / 1'000;
    const std::uint64_t minutes = seconds / 60;
    const std::uint64_t hours = minutes / 60;
    if (seconds < 10) return fmt::format("{}.{} s", seconds, ms % 1'000 / 100);
    if (minutes == 0) return fmt::format("{} s", seconds);
    if (hours == 0) return fmt::format("{} min {} s", minutes, seconds % 60);
    if (hours < 48) return fmt::format("{} h {} min", hours, minutes % 60);
    return fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string pause_text(std::uint64_t us) {
    if (us < 100) return fmt::format("{} us", us);
    return fmt::format("{}.{} ms", us / 1'000, us % 1'000 / 100);
}

std::string id_ranges(std::vector<std::int64_t> ids) {
    std::sort(ids.begin(), ids.end());
    std::string text;
    for (std::size_t from = 0, to = 0; from < ids.size(); from = to + 1) {
        to = from;
        while (to + 1 < ids.size() && ids[to + 1] == ids[to] + 1) ++to;
        if (from > 0) text += ", ";
        text += std::to_string(ids[from]);
        if (to > from) text += fmt::format("{}{}", to == from + 1 ? ", " : "-", ids[to]);
    }
    return text;
}

std::string_view last_part(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

const std::string& thread_name(const Thread& thread) {
    return thread.python_name && !thread.python_name->empty() ? *thread.python_name : thread.name;
}

std::string program_text(const Process& process) {
    const std::vector<std::string>& words = process.command_line;
    std::string text(last_part(process.exe.empty() ? process.name : process.exe));
    for (std::size_t n = 1; n < words.size(); ++n) {
        const std::string& word = words[n];
        if (word == "-c") return text + " -c ...";
        if (word == "-m") return n + 1 < words.size() ? text + " -m " + words[n + 1] : text;
        if (takes_next(word)) {
            ++n;
        } else if (word.empty() || word == "-" || word[0] != '-') {
            return fmt::format("{} {}", text, last_part(word));
        }
    }
    return text;
}

}  // namespace subint_doctor::report
