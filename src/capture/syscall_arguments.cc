#include "syscall_arguments.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "waits.h"

namespace subint_doctor::capture {
namespace {

constexpr std::size_t most_resources = 16;  // of one wait
constexpr std::size_t most_polled = 1'024;  // FD_SETSIZE

struct PathArgument {
    std::string_view syscall;
    std::size_t argument;
};
constexpr std::array path_arguments = {
    PathArgument{"open", 0},   PathArgument{"openat", 1},     PathArgument{"openat2", 1}, PathArgument{"stat", 0},
    PathArgument{"lstat", 0},  PathArgument{"newfstatat", 1}, PathArgument{"statx", 1},   PathArgument{"access", 0},
    PathArgument{"unlink", 0}, PathArgument{"unlinkat", 1},   PathArgument{"mkdir", 0},   PathArgument{"rename", 0},
};

void add(Resource resource, Wait& wait) {
    ++wait.resource_count;
    if (wait.resources.size() < most_resources) wait.resources.push_back(std::move(resource));
}

void add_descriptor(const Snapshot& look, int fd, Wait& wait) { add(descriptor_resource(look, fd), wait); }

// poll(2): an array of { int fd; short events; short revents; }; a negative number is passed over.
void add_polled(const MemoryReader& memory, const Snapshot& look, const Syscall& call, Wait& wait) {
    const std::size_t count = std::min<std::uint64_t>(call.args[1], most_polled);
    std::vector<std::array<std::int32_t, 2>> entries(count);
    if (count == 0 || !read_exact(memory, {call.args[0]}, std::as_writable_bytes(std::span(entries))).ok()) return;
    for (const auto& entry : entries) {
        if (entry[0] >= 0) add_descriptor(look, entry[0], wait);
    }
    wait.resource_count += call.args[1] - count;
}

// select(2): three sets of bits, each where it is not null.
void add_selected(const MemoryReader& memory, const Snapshot& look, const Syscall& call, Wait& wait) {
    constexpr std::size_t word_bits = 64;
    const std::size_t count = std::min<std::uint64_t>(call.args[0], most_polled);
    std::array<std::uint64_t, most_polled / word_bits> any{};
    for (std::size_t set = 1; set <= 3; ++set) {
        std::array<std::uint64_t, most_polled / word_bits> words{};
        const std::size_t used = (count + word_bits - 1) / word_bits;
        if (call.args[set] == 0 || used == 0) continue;
        const auto bytes = std::as_writable_bytes(std::span(words).first(used));
        if (!read_exact(memory, {call.args[set]}, bytes).ok()) return;
        for (std::size_t i = 0; i < used; ++i) any[i] |= words[i];
    }
    for (std::size_t fd = 0; fd < count; ++fd) {
        if (((any[fd / word_bits] >> (fd % word_bits)) & 1U) != 0) add_descriptor(look, static_cast<int>(fd), wait);
    }
}

// wait4(2): more than 0 is one child, anything else one of several.
void add_child(int namespace_pid, Wait& wait) {
    add(resource_of(ResourceKind::process, static_cast<std::uint64_t>(std::max(namespace_pid, 0))), wait);
}

void add_waitid(const Snapshot& look, const Syscall& call, Wait& wait) {
    if (call.args[0] == P_PIDFD) return add_descriptor(look, static_cast<int>(call.args[1]), wait);
    add_child(call.args[0] == P_PID ? static_cast<int>(call.args[1]) : 0, wait);
}

void add_path(const MemoryReader& memory, std::uint64_t address, Wait& wait) {
    Result<std::string> path = read_c_string(memory, {address}, PATH_MAX);
    if (path && !path->empty()) add(resource_of(ResourceKind::file, 0, std::move(*path)), wait);
}

}  // namespace

void follow_arguments(const MemoryReader& memory, const Snapshot& look, const Syscall& call, Wait& wait) {
    if (call.name == "poll" || call.name == "ppoll") return add_polled(memory, look, call, wait);
    if (call.name == "select" || call.name == "pselect6") return add_selected(memory, look, call, wait);
    if (call.name == "wait4") return add_child(static_cast<int>(call.args[0]), wait);
    if (call.name == "waitid") return add_waitid(look, call, wait);
    const auto* path = std::ranges::find(path_arguments, call.name, &PathArgument::syscall);
    if (path != path_arguments.end()) add_path(memory, call.args[path->argument], wait);
}

}  // namespace subint_doctor::capture
