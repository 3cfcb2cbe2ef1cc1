#include "wait_resources.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "subint_doctor/os/live_target.h"
#include "time_limits.h"
#include "waits.h"

namespace subint_doctor::capture {
namespace {

constexpr std::size_t most_resources = 16;  // of one wait
constexpr std::size_t most_polled = 1'024;  // FD_SETSIZE
constexpr int most_children_asked = 16;  // each is a walk over the children of the patient
constexpr std::uint64_t ns_per_ms = 1'000'000;

struct PathArgument {
    std::string_view syscall;
    std::size_t argument;
};
constexpr std::array path_arguments = {
    PathArgument{"open", 0},   PathArgument{"openat", 1},     PathArgument{"openat2", 1}, PathArgument{"stat", 0},
    PathArgument{"lstat", 0},  PathArgument{"newfstatat", 1}, PathArgument{"statx", 1},   PathArgument{"access", 0},
    PathArgument{"unlink", 0}, PathArgument{"unlinkat", 1},   PathArgument{"mkdir", 0},   PathArgument{"rename", 0},
};

class Questions {
public:
    Questions(const os::Target& patient, Snapshot& look) : patient_(patient), look_(look) {}

    void complete(Thread& thread) {
        const Syscall& call = *thread.syscall;
        if (call.name == "poll" || call.name == "ppoll") return add_polled(call, thread.wait);
        if (call.name == "select" || call.name == "pselect6") return add_selected(call, thread.wait);
        if (call.name == "wait4") return add_child(static_cast<int>(call.args[0]), thread.wait);
        if (call.name == "waitid") return add_waitid(call, thread.wait);
        const auto* path = std::ranges::find(path_arguments, call.name, &PathArgument::syscall);
        if (path != path_arguments.end()) add_path(call.args[path->argument], thread.wait);
    }

    // All at once: the lists of the kernel's that they are in may be long.
    void add_addresses() {
        if (patient_.live() == nullptr) return;
        std::vector<std::uint64_t> inodes;
        for_each_socket([&](Resource&, std::uint64_t inode) { inodes.push_back(inode); });
        if (inodes.empty()) return;
        const auto found = patient_.live()->socket_addresses(inodes);
        if (!found) return;
        for_each_socket([&](Resource& socket, std::uint64_t inode) {
            const auto addresses = found->find(inode);
            if (addresses != found->end()) socket.addresses = addresses->second;
        });
    }

private:
    template <typename Take>
    void for_each_socket(const Take& take) {
        for (Thread& thread : look_.threads) {
            for (Resource& resource : thread.wait.resources) {
                if (resource.kind != ResourceKind::descriptor) continue;
                const Descriptor* known = find_descriptor(look_, static_cast<int>(resource.id));
                if (known != nullptr && known->kind == DescriptorKind::other_socket) take(resource, known->inode);
            }
        }
    }

    void add(int fd, Wait& wait) const {
        ++wait.resource_count;
        if (wait.resources.size() < most_resources) wait.resources.push_back(descriptor_resource(look_, fd));
    }

    // poll(2): an array of { int fd; short events; short revents; }; a negative number is passed over.
    void add_polled(const Syscall& call, Wait& wait) const {
        const std::size_t count = std::min<std::uint64_t>(call.args[1], most_polled);
        std::vector<std::array<std::int32_t, 2>> entries(count);
        if (count == 0 ||
            !read_exact(patient_.memory(), {call.args[0]}, std::as_writable_bytes(std::span(entries))).ok())
            return;
        for (const auto& entry : entries) {
            if (entry[0] >= 0) add(entry[0], wait);
        }
    }

    // select(2): three sets of bits, each where it is not null.
    void add_selected(const Syscall& call, Wait& wait) const {
        constexpr std::size_t word_bits = 64;
        const std::size_t count = std::min<std::uint64_t>(call.args[0], most_polled);
        std::array<std::uint64_t, most_polled / word_bits> any{};
        for (std::size_t set = 1; set <= 3; ++set) {
            std::array<std::uint64_t, most_polled / word_bits> words{};
            const std::size_t used = (count + word_bits - 1) / word_bits;
            if (call.args[set] == 0 || used == 0) continue;
            const auto bytes = std::as_writable_bytes(std::span(words).first(used));
            if (!read_exact(patient_.memory(), {call.args[set]}, bytes).ok()) return;
            for (std::size_t i = 0; i < used; ++i) any[i] |= words[i];
        }
        for (std::size_t fd = 0; fd < count; ++fd) {
            if (((any[fd / word_bits] >> (fd % word_bits)) & 1U) != 0) add(static_cast<int>(fd), wait);
        }
    }

    // wait4(2): more than 0 is one child, anything else one of several.
    void add_child(int namespace_pid, Wait& wait) {
        Resource child = resource_of(ResourceKind::process, 0);
        if (namespace_pid > 0) {
            if (patient_.live() == nullptr || ++children_asked_ > most_children_asked) return;
            const auto found = patient_.live()->child(namespace_pid);
            if (!found) return;
            child.id = static_cast<std::uint64_t>(found->pid);
            child.name = found->name;
            child.state = found->state;
        }
        wait = with_limit(wait_on(wait.kind, std::move(child)), wait);
    }

    void add_waitid(const Syscall& call, Wait& wait) {
        if (call.args[0] == P_PID) return add_child(static_cast<int>(call.args[1]), wait);
        if (call.args[0] == P_PIDFD) return add(static_cast<int>(call.args[1]), wait);
        add_child(-1, wait);
    }

    void add_path(std::uint64_t address, Wait& wait) const {
        Result<std::string> path = read_c_string(patient_.memory(), {address}, PATH_MAX);
        if (!path || path->empty()) return;
        wait = with_limit(wait_on(wait.kind, resource_of(ResourceKind::file, 0, std::move(*path))), wait);
    }

    static Wait with_limit(Wait wait, const Wait& before) {
        wait.limit = before.limit;
        return wait;
    }

    const os::Target& patient_;
    Snapshot& look_;
    int children_asked_ = 0;
};

PatientTime time_of(const Snapshot& look, const os::Clock& clock) {
    PatientTime now;
    now.realtime_ns = static_cast<std::uint64_t>(clock.unix_ms()) * ns_per_ms;
    if (!look.process.other_time_namespace) now.monotonic_ns = clock.now_ns();
    return now;
}

}  // namespace

void look_up_waits(const os::Target& patient, const os::Clock& clock, Snapshot& look) {
    const PatientTime now = time_of(look, clock);
    Questions questions(patient, look);
    for (Thread& thread : look.threads) {
        const bool asleep = thread.wait.kind != WaitKind::stopped && thread.wait.kind != WaitKind::running;
        if (!asleep || !thread.syscall) continue;
        if (thread.wait.limit) read_time_limit(patient.memory(), *thread.syscall, now, *thread.wait.limit);
        questions.complete(thread);
    }
    questions.add_addresses();
}

}  // namespace subint_doctor::capture
