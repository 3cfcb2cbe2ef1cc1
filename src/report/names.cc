#include "names.h"

#include <array>
#include <cstddef>

namespace subint_doctor::report {
namespace {

template <typename Enum, std::size_t count>
std::string_view pick(const std::array<std::string_view, count>& names, Enum value) {
    const auto index = static_cast<std::size_t>(value);
    return index < count ? names[index] : "other";
}

}  // namespace

std::string_view name_of(Severity severity) {
    constexpr std::array<std::string_view, 3> names = {"note", "warning", "critical"};
    return pick(names, severity);
}

std::string_view name_of(Confidence confidence) {
    constexpr std::array<std::string_view, 3> names = {"possible", "likely", "certain"};
    return pick(names, confidence);
}

std::string_view name_of(Source source) {
    constexpr std::array<std::string_view, 3> names = {"live", "core", "bundle"};
    return pick(names, source);
}

std::string_view name_of(WakeupKind kind) {
    constexpr std::array<std::string_view, 6> names = {"none", "unix-socket", "pipe", "eventfd", "closed", "other"};
    return pick(names, kind);
}

std::string_view name_of(ResourceKind kind) {
    constexpr std::array<std::string_view, 7> names = {"gil", "lock", "futex", "thread", "process", "fd", "file"};
    return pick(names, kind);
}

std::string_view name_of(WaitKind kind) {
    constexpr std::array<std::string_view, 14> names = {"gil",     "lock",    "event-loop", "read",  "write",
                                                        "connect", "accept",  "sleep",      "child", "join",
                                                        "futex",   "running", "stopped",    "other"};
    return pick(names, kind);
}

std::string_view name_of(ThreadStatus status) {
    constexpr std::array<std::string_view, 4> names = {"detached", "attached", "suspended", "shutting-down"};
    return pick(names, status);
}

std::string_view name_of(InterpreterKind kind) {
    constexpr std::array<std::string_view, 4> names = {"main", "legacy", "isolated", "other"};
    return pick(names, kind);
}

std::string_view name_of(FoundBy via) {
    constexpr std::array<std::string_view, 4> names = {"start", "eh_frame", "debug_frame", "frame_pointer"};
    return pick(names, via);
}

std::string_view name_of(Inside inside) {
    constexpr std::array<std::string_view, 6> names = {"", "malloc", "dl", "fork", "stdio", "gil"};
    return pick(names, inside);
}

std::vector<std::string_view> eval_breaker_names(std::uint32_t bits) {
    constexpr std::array<std::string_view, 8> names = {"gil_drop_request", "signals_pending",    "calls_to_do",
                                                       "async_exception",  "gc_scheduled",       "please_stop",
                                                       "explicit_merge",   "jit_invalidate_cold"};
    std::vector<std::string_view> set;
    for (std::size_t bit = 0; bit < names.size(); ++bit) {
        if ((bits >> bit) & 1U) set.push_back(names[bit]);
    }
    return set;
}

}  // namespace subint_doctor::report
