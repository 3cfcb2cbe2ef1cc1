#include "pid.h"

#include <charconv>

namespace subint_doctor::cli {

std::optional<int> parse_pid(std::string_view text) {
    constexpr int pid_max_limit = 4'194'304;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    int pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (pid < 1 || pid > pid_max_limit) return std::nullopt;
    return pid;
}

}  // namespace subint_doctor::cli
