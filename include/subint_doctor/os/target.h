// The patient as the operating system shows it: the seam between everything that thinks and everything that asks the
// kernel. A Target is what a live process, a core file and a test's fake can all answer; what only a live one can is
// LiveTarget, on top. Looking through it changes nothing in the patient.
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

class LiveTarget;

// What of the system could not be read, in this floor's own words; capture knows which key of the report that is.
enum class Fact {
    executable,
    command_line,
    process_status,  // a line of /proc/PID/status that is not there or no number: its default stands in the Process
    thread_status,  // the same of a thread
    thread_list,  // there are more threads than are read
    system_calls,  // where the threads sleep in the kernel
    descriptor_list,  // there are more descriptors than are read
    epoll_sets,
    socket_queues,
};

struct Unread {
    Fact fact;
    Error error;
};

// All threads with every fact, in two steps so that a caller reads memory in between: the beginning lists them and
// takes the counters that tell whether one runs, the end takes the counters again and marks `ran_while_read`. Where
// there are many, an idle CPU reads their other facts in the meantime.
class ThreadReading {
public:
    virtual ~ThreadReading() = default;
    // Once. The leader first, then by tid; a thread that ended meanwhile is left out.
    virtual std::vector<Thread> finish(std::vector<Unread>& unread) = 0;
};

class Target {
public:
    virtual ~Target() = default;

    virtual Source source() const = 0;

    // Itself where it is a live process, else nullptr.
    virtual const LiveTarget* live() const { return nullptr; }

    virtual int pid() const = 0;
    virtual const MemoryReader& memory() const = 0;

    // Facts of the whole process. Facts that could not be read go to `unread`. A success also tells that the process is
    // still the one that was opened, and so was everything that was read before.
    virtual Result<Process> process(std::vector<Unread>& unread) const = 0;

    virtual Result<std::vector<Mapping>> mappings() const = 0;

    // The file behind a mapping, wherever its path leads (deleted, chroot, mount namespace): map_files, then the path
    // as printed, then below /proc/PID/root; accepted only if device and inode agree with the mapping. Never waits:
    // what is no regular file is refused, and so is a file on which somebody holds a lease, fcntl(2).
    virtual Result<File> open_mapped(const Mapping& mapping) const = 0;

    // Begins a reading of all threads. `previous` may be empty, and must outlive the reading: for a thread that did not
    // run since it was read there, its facts are taken over instead of being read again.
    virtual Result<std::unique_ptr<ThreadReading>> begin_threads(std::span<const Thread> previous) const = 0;

    // The whole descriptor table, sorted by fd: one readlink each, one sock_diag(7) dump for unix sockets, fdinfo for
    // epoll sets.
    virtual Result<std::vector<Descriptor>> descriptors(std::vector<Unread>& unread) const = 0;
};

}  // namespace subint_doctor::os
