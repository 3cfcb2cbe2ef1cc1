// Which process it is, and the open folders through which everything else is read: a pid that is used again for
// another process cannot be taken for it.
#pragma once

#include <string>

#include "status.h"
#include "subint_doctor/model/result.h"
#include "subint_doctor/os/file.h"

namespace subint_doctor::os {

struct PinnedProcess {
    int pid = 0;  // the leader's tid
    int asked_tid = 0;
    int live_tid = 0;  // a thread that has memory and descriptors: the leader, unless that is a zombie
    std::string name;
    File proc;  // /proc/<live_tid>
};

// The text of /proc/PID/stat behind the name, proc_pid_stat(5).
struct StatFacts {
    int parent_pid = 0;
    int process_group = 0;
    int session = 0;
    bool has_terminal = false;
    int terminal_group = -1;  // the foreground process group of its terminal
    unsigned flags = 0;  // PF_*, include/linux/sched.h
    std::uint64_t start_ticks = 0;  // since boot
};
StatFacts parse_stat(std::string_view text);

// Fails as open_live() does, but for permissions: it reads only what everybody may read.
Result<PinnedProcess> pin_process(int pid);

Result<StatusFacts> read_status(int folder, const char* path = "status");

// "4242 (python3)"
std::string name_of(const PinnedProcess& patient);

}  // namespace subint_doctor::os
