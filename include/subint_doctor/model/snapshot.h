// One look at the patient, and the whole inspection: one or more looks and what they cost. This is the only thing that
// passes from capture to diagnose and report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "subint_doctor/model/process.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor {

// A fact that could not be read.
struct Gap {
    std::string path;  // in the JSON report: "signals.wakeup.queued_bytes"
    std::string reason;  // one line
    bool needed = false;  // the diagnosis needs it: exit code 7

    bool operator==(const Gap&) const = default;
};

struct WakeupPoller {
    int tid = 0;  // waits in epoll_wait on ...
    int epoll_fd = -1;
    bool operator==(const WakeupPoller&) const = default;
};

enum class WakeupKind { none, unix_socket, pipe, eventfd, closed, other };

// The signal wakeup fd and everything behind it. Counts are one-byte writes, what CPython's C handler makes.
struct WakeupChain {
    int fd = -1;
    WakeupKind kind = WakeupKind::none;
    std::string link;  // what the fd is now
    std::optional<std::uint64_t> queued_bytes;
    std::optional<std::uint64_t> queued_writes;
    std::optional<std::uint64_t> capacity_writes;
    std::optional<bool> full;
    std::optional<bool> has_peer;  // empty: could not be known
    std::optional<int> reader_fd;
    std::optional<int> reader_pid;
    std::optional<int> epoll_fd;  // an epoll set that watches the reader
    bool armed = false;  // ... and would report it now
    bool watched = false;  // the reader is in some epoll set of the process
    std::vector<WakeupPoller> polled_by;
};

enum class Source { live, core, bundle };

struct Snapshot {
    std::int64_t taken_at_unix_ms = 0;
    std::uint64_t started_ns = 0;  // CLOCK_MONOTONIC
    std::uint64_t ended_ns = 0;
    Source source = Source::live;
    Process process;
    std::vector<Thread> threads;  // leader first, then by tid
    std::vector<Descriptor> descriptors;  // by fd
    std::optional<Python> python;
    WakeupChain wakeup;
    std::vector<Gap> gaps;
};

struct Inspection {
    std::vector<Snapshot> looks;  // oldest first, at least one
    int interval_ms = 0;  // asked for; 0 with one look
    std::vector<int> moved_tids;  // made progress between or within the looks (a blinking GIL waiter does not)
    bool consistent = true;  // nothing ran while it was read
    std::uint64_t pause_us = 0;  // longest that any thread was held
    std::uint64_t held_us = 0;  // sum of all stops
    std::vector<int> stopped_tids;
    std::uint64_t total_us = 0;
    std::vector<Gap> gaps;  // of the last look, with what holding found out

    const Snapshot& last() const { return looks.back(); }
};

}  // namespace subint_doctor
