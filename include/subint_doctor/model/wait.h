// What a thread waits for. Plain data, made by capture; describe_wait() makes words of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace subint_doctor {

enum class WaitKind {
    gil,
    lock,
    event_loop,
    read,
    write,
    connect,
    accept,
    sleep,
    child,
    join,
    futex,
    running,
    stopped,
    other,
};

// "127.0.0.1:8080", "[::1]:8080"; a remote of "" is none (a listener, an unconnected datagram socket).
struct SocketAddresses {
    std::string protocol;  // "tcp", "udp"
    std::string local;
    std::string remote;
    std::string state;  // "established", "listen", ...: include/net/tcp_states.h
};

enum class ResourceKind {
    gil,  // id: position in Python::gils
    lock,  // a lock of Python's; which one is not known
    futex,  // id: address of the word, futex(2)
    thread,  // id: tid; 0: none of the process's (any more)
    process,  // id: pid as this tool sees it; 0: any child
    descriptor,  // id: its number
    file,  // name: the path that the system call was given
};

struct Resource {
    ResourceKind kind = ResourceKind::descriptor;
    std::uint64_t id = 0;
    // Raw bytes of the patient: the link of a descriptor, the comm of a process, the path of a file, Python's name for
    // a thread.
    std::string name;
    char state = '?';  // of a process, proc(5)
    std::optional<SocketAddresses> addresses;  // of a TCP or UDP socket
};

inline Resource resource_of(ResourceKind kind, std::uint64_t id, std::string name = {}) {
    Resource resource;
    resource.kind = kind;
    resource.id = id;
    resource.name = std::move(name);
    return resource;
}

// How long the system call lets itself wait.
struct TimeLimit {
    bool limited = false;
    std::optional<std::uint64_t> ms;  // where it is a span
    std::optional<std::uint64_t> left_ms;  // at the look, where it is a point in time; 0: it is over
};

struct Wait {
    WaitKind kind = WaitKind::other;
    std::vector<Resource> resources;  // any of them ends the wait; of many only the first are told
    std::size_t resource_count = 0;
    std::optional<int> owner_tid;  // who could end it
    std::optional<TimeLimit> limit;  // empty: not known

    // Of a wait for one thing alone.
    std::optional<int> only(ResourceKind wanted) const {
        const bool is_one = resource_count == 1 && resources.size() == 1 && resources.front().kind == wanted;
        return is_one ? std::optional<int>(static_cast<int>(resources.front().id)) : std::nullopt;
    }
    std::optional<int> fd() const { return only(ResourceKind::descriptor); }
    std::optional<int> gil() const { return only(ResourceKind::gil); }
};

inline Wait wait_on(WaitKind kind, Resource resource) {
    Wait wait;
    wait.kind = kind;
    wait.resources.push_back(std::move(resource));
    wait.resource_count = 1;
    return wait;
}

}  // namespace subint_doctor
