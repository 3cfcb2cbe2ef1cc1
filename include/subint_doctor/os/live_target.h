// A running process, through /proc, process_vm_readv(2) and ptrace(2): what can be asked of, and done to, one that lives.
// A core file has none of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "subint_doctor/os/hold.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::os {

// Who has the other end of a socket or pipe.
struct Holder {
    int pid = 0;
    int fd = -1;
};

using AddressesByInode = std::unordered_map<std::uint64_t, SocketAddresses>;

struct ChildProcess {
    int pid = 0;  // as this tool sees it
    std::string name;  // comm
    char state = '?';  // proc(5)
};

using ChildrenByNumber = std::unordered_map<int, ChildProcess>;

struct FileText {
    std::string text;
    std::int64_t modified_unix_ms = 0;
};

class LiveTarget : public Target {
public:
    Source source() const final { return Source::live; }
    const LiveTarget* live() const final { return this; }

    // CPU time of all threads in ns, exact at the time of the call (a thread's own, Thread::run_ns, moves at scheduler
    // ticks); `not_available` where the kernel does not tell.
    virtual Result<std::uint64_t> process_cpu_ns() const = 0;

    // How full the pipe behind `fd` is. Duplicates the patient's descriptor for the moment of asking.
    virtual Result<PipeQueue> pipe_queue(int fd) const = 0;

    // Bytes of kernel memory that one one-byte send on a unix socket is charged here (768 on kernel 6.18); measured
    // once on a private pair.
    virtual Result<std::uint64_t> charge_per_send() const = 0;

    // Which process of this machine has the socket or pipe `inode` open for reading, the patient excepted. Walks all of
    // /proc for 200 ms at most; `unreadable` when no process has it, `not_permitted` when none was found, but not every
    // process may be looked at, `timeout`.
    virtual Result<Holder> find_holder(DescriptorKind kind, std::uint64_t inode) const = 0;

    // The two ends of each of these sockets of the patient that is a TCP or UDP one: one reading of the kernel's lists.
    virtual Result<AddressesByInode> socket_addresses(std::span<const std::uint64_t> inodes) const = 0;

    // Those of these numbers, the patient's own as wait4(2) has them, that are children of it.
    virtual Result<ChildrenByNumber> children(std::span<const int> namespace_pids) const = 0;

    // The beginnings of regular files, by the absolute paths that the patient knows them by, below its root folder; empty
    // where one could not be read. Only what the patient's own user may read: it chooses the paths. Never waits: only names
    // that the kernel has at hand are followed, and nothing is read from file systems that ask somebody else (network,
    // FUSE), nor where somebody holds a lease, fcntl(2).
    virtual Result<std::vector<std::optional<FileText>>> read_files(std::span<const std::string> paths,
                                                                    std::size_t most_bytes) const = 0;

    // Stops all of these threads at once, runs `work` while they stand still, and lets them run on in the state they
    // were found in. See hold.h. Fails where not one of them could be held, with the first one's reason.
    virtual Result<Held> hold(const HoldOrder& order, const HoldWork& work) const = 0;
};

// `pid` may be any tid of the process. Fails with no_such_process (never was, or a zombie with no living thread),
// not_python for a kernel thread, not_permitted with the exact cause (see permissions.h).
Result<std::unique_ptr<LiveTarget>> open_live(int pid);

}  // namespace subint_doctor::os
