// The patient as the operating system shows it: the seam between everything that thinks and everything that asks the
// kernel. LiveTarget implements it; tests have a FakeTarget. Looking through it changes nothing in the patient.
// Not thread-safe. Every call may find the patient gone: ErrorCode::no_such_process.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "subint_doctor/model/memory_reader.h"
#include "subint_doctor/model/process.h"
#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/file.h"

namespace subint_doctor::os {

// A thread that is held. It runs on when this goes out of scope, in the state it was found in.
class Hold {
public:
    virtual ~Hold() = default;
    // CLOCK_MONOTONIC; it stopped at that time or up to one poll (20 us on an idle machine) later.
    virtual std::uint64_t since_ns() const = 0;
};

// All threads with every fact, in two steps so that a caller reads memory in between: the beginning lists them and
// takes the counters that tell whether one runs, the end takes the counters again and marks `ran_while_read`. Where
// there are many, a second CPU reads their other facts in the meantime.
class ThreadReading {
public:
    virtual ~ThreadReading() = default;
    // Once. The leader first, then by tid; a thread that ended meanwhile is left out.
    virtual std::vector<Thread> finish(std::vector<Gap>& gaps) = 0;
};

class Target {
public:
    virtual ~Target() = default;

    virtual int pid() const = 0;
    virtual const MemoryReader& memory() const = 0;

    // Facts of the whole process. Facts that could not be read go to `gaps`.
    virtual Result<Process> process(std::vector<Gap>& gaps) const = 0;

    // CPU time of all threads in ns, exact at the time of the call (a thread's own, Thread::run_ns, moves at scheduler
    // ticks); `not_available` where the kernel does not tell.
    virtual Result<std::uint64_t> process_cpu_ns() const = 0;

    virtual Result<std::vector<Mapping>> mappings() const = 0;

    // The file behind a mapping, wherever its path leads (deleted, chroot, mount namespace): map_files, then the path
    // as printed, then below /proc/PID/root; accepted only if device and inode agree with the mapping.
    virtual Result<File> open_mapped(const Mapping& mapping) const = 0;

    // Begins a reading of all threads. `previous` may be empty, and must outlive the reading: for a thread that did not
    // run since it was read there, its facts are taken over instead of being read again.
    virtual Result<std::unique_ptr<ThreadReading>> begin_threads(std::span<const Thread> previous) const = 0;

    // The whole descriptor table, sorted by fd: one readlink each, one sock_diag(7) dump for unix sockets, fdinfo for
    // epoll sets.
    virtual Result<std::vector<Descriptor>> descriptors(std::vector<Gap>& gaps) const = 0;

    // How full the pipe behind `fd` is. Duplicates the patient's descriptor for the moment of asking.
    virtual Result<PipeQueue> pipe_queue(int fd) const = 0;

    // Bytes of kernel memory that one one-byte send on a unix socket is charged here (768 on kernel 6.18); measured
    // once on a private pair.
    virtual Result<std::uint64_t> charge_per_send() const = 0;

    // Which process of this machine has the socket or pipe `inode` open for reading, the patient excepted: {pid, fd}.
    // Walks all of /proc; `unreadable` when no process has it, `not_permitted` when none was found, but not every process
    // may be looked at.
    struct Holder {
        int pid = 0;
        int fd = -1;
    };
    virtual Result<Holder> find_holder(DescriptorKind kind, std::uint64_t inode) const = 0;

    // Stops one thread with PTRACE_SEIZE and PTRACE_INTERRUPT; gives up at the deadline and then lets it run.
    // deadline_ns: CLOCK_MONOTONIC.
    virtual Result<std::unique_ptr<Hold>> hold(int tid, std::uint64_t deadline_ns) const = 0;
};

}  // namespace subint_doctor::os
