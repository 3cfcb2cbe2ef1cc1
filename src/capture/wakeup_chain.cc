#include "wakeup_chain.h"

#include <algorithm>

#include "subint_doctor/os/live_target.h"
#include "waits.h"

namespace subint_doctor::capture {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint32_t epoll_in = 0x1;  // EPOLLIN; a one-shot entry that has fired has lost it

WakeupKind kind_of(const Descriptor& descriptor) {
    switch (descriptor.kind) {
        case DescriptorKind::unix_socket:
            return WakeupKind::unix_socket;
        case DescriptorKind::pipe:
            return WakeupKind::pipe;
        case DescriptorKind::eventfd:
            return WakeupKind::eventfd;
        default:
            return WakeupKind::other;
    }
}

void add_gap(std::vector<Gap>& gaps, const char* what, const Error& error) {
    gaps.push_back({std::string("signals.wakeup.") + what, describe(error), true});
}

Error not_alive() { return {ErrorCode::not_available, "asking a process that does not run (any more)"}; }

// The kernel charges each one-byte send a whole buffer and admits a send while charged < limit
// (net/unix/af_unix.c, sock_alloc_send_pskb).
void measure_socket(const os::Target& patient, const Descriptor& socket, WakeupChain& chain, std::vector<Gap>& gaps) {
    if (!socket.charged_bytes || !socket.send_limit_bytes) {
        gaps.push_back({"signals.wakeup.queued_writes", "sock_diag told nothing about this socket", true});
        return;
    }
    if (patient.live() == nullptr) return add_gap(gaps, "capacity_writes", not_alive());
    const Result<std::uint64_t> charge = patient.live()->charge_per_send();
    if (!charge) return add_gap(gaps, "capacity_writes", charge.error());
    chain.full = *socket.charged_bytes >= *socket.send_limit_bytes;
    chain.capacity_writes = (*socket.send_limit_bytes + *charge - 1) / *charge;
    if (*socket.charged_bytes % *charge == 0) chain.queued_writes = *socket.charged_bytes / *charge;
}

// A page of a pipe is free only when all of it was read, so near the limit the answer may be "cannot know"
// (fs/pipe.c). In packet mode each write has a page of its own.
void measure_pipe(const os::Target& patient, WakeupChain& chain, std::vector<Gap>& gaps) {
    if (patient.live() == nullptr) return add_gap(gaps, "queued_bytes", not_alive());
    const Result<PipeQueue> queue = patient.live()->pipe_queue(chain.fd);
    if (!queue) return add_gap(gaps, "queued_bytes", queue.error());
    chain.queued_bytes = queue->unread_bytes;
    chain.queued_writes = queue->unread_bytes;
    chain.capacity_writes = queue->packet_mode ? queue->capacity_bytes / page_bytes : queue->capacity_bytes;
    if (queue->unread_bytes >= *chain.capacity_writes) {
        chain.full = true;
    } else if (queue->packet_mode || queue->unread_bytes + page_bytes <= queue->capacity_bytes) {
        chain.full = false;
    }
}

void find_socket_reader(const Snapshot& look, const Descriptor& socket, WakeupChain& chain) {
    if (!socket.peer_inode) return;
    chain.has_peer = *socket.peer_inode != 0;
    for (const Descriptor& other : look.descriptors) {
        if (!*chain.has_peer || other.kind != DescriptorKind::unix_socket || other.inode != *socket.peer_inode)
            continue;
        chain.reader_fd = other.fd;
        chain.reader_pid = look.process.pid;
        chain.queued_bytes = other.unread_bytes;
        return;
    }
}

void find_pipe_reader(const Snapshot& look, const Descriptor& pipe, WakeupChain& chain) {
    for (const Descriptor& other : look.descriptors) {
        if (other.kind != DescriptorKind::pipe || other.inode != pipe.inode || !other.readable) continue;
        chain.has_peer = true;
        chain.reader_fd = other.fd;
        chain.reader_pid = look.process.pid;
        return;
    }
}

void find_reader_elsewhere(const os::Target& patient, const Descriptor& descriptor, WakeupChain& chain) {
    const bool is_socket = descriptor.kind == DescriptorKind::unix_socket;
    const std::uint64_t inode = is_socket ? descriptor.peer_inode.value_or(0) : descriptor.inode;
    if (inode == 0 || patient.live() == nullptr) return;
    const auto holder = patient.live()->find_holder(descriptor.kind, inode);
    if (holder) {
        chain.has_peer = true;
        chain.reader_fd = holder->fd;
        chain.reader_pid = holder->pid;
    } else if (!is_socket && holder.error().code == ErrorCode::unreadable) {
        chain.has_peer = false;
    }
}

// An epoll set watches a file, by whichever number it was added: a duplicate of the reader's descriptor stands for it.
// Both ends of a pipe have one inode, so there its own number must not be known as the writing end's.
bool watches_reader(const Snapshot& look, const EpollTarget& watched, const Descriptor& reader) {
    if (watched.inode == 0) return watched.fd == reader.fd;
    if (watched.inode != reader.inode) return false;
    const Descriptor* now = find_descriptor(look, watched.fd);
    const bool is_same_file = now != nullptr && now->kind == reader.kind && now->inode == reader.inode;
    return !is_same_file || now->readable || reader.kind != DescriptorKind::pipe;
}

void find_pollers(const Snapshot& look, WakeupChain& chain) {
    const Descriptor* reader = find_descriptor(look, *chain.reader_fd);
    if (reader == nullptr) return;
    for (const Descriptor& set : look.descriptors) {
        for (const EpollTarget& watched : set.watched) {
            if (!watches_reader(look, watched, *reader)) continue;
            if (!chain.watched) chain.epoll_fd = set.fd;
            chain.watched = true;
            chain.armed = chain.armed || (watched.events & epoll_in) != 0;
            for (const Thread& thread : look.threads) {
                const bool here = thread.wait.kind == WaitKind::event_loop && thread.wait.fd() == set.fd;
                if (here) chain.polled_by.push_back({thread.tid, set.fd});
            }
        }
    }
    if (!chain.polled_by.empty()) chain.epoll_fd = chain.polled_by.front().epoll_fd;
}

}  // namespace

WakeupChain follow_wakeup_chain(const os::Target& patient, const Snapshot& look, std::vector<Gap>& gaps) {
    WakeupChain chain;
    chain.fd = look.python->signals.wakeup_fd;
    if (chain.fd < 0) return chain;
    const Descriptor* descriptor = find_descriptor(look, chain.fd);
    if (descriptor == nullptr) {
        chain.kind = WakeupKind::closed;
        return chain;
    }
    chain.kind = kind_of(*descriptor);
    chain.link = descriptor->link;
    if (chain.kind == WakeupKind::unix_socket) {
        measure_socket(patient, *descriptor, chain, gaps);
        find_socket_reader(look, *descriptor, chain);
    } else if (chain.kind == WakeupKind::pipe) {
        measure_pipe(patient, chain, gaps);
        find_pipe_reader(look, *descriptor, chain);
    } else {
        return chain;
    }
    if (!chain.reader_fd) find_reader_elsewhere(patient, *descriptor, chain);
    if (chain.reader_fd && chain.reader_pid == look.process.pid) find_pollers(look, chain);
    return chain;
}

}  // namespace subint_doctor::capture
