// The text of /proc/PID/status, proc_pid_status(5).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "subint_doctor/model/process.h"

namespace subint_doctor::os {

struct StatusFacts {
    std::string name;  // the raw bytes; the kernel's escapes are undone
    std::string state;  // "S (sleeping)"; empty where the text has none
    int tgid = 0;
    int parent_pid = 0;
    int threads = 0;  // of the whole process
    int tracer_pid = 0;
    int namespace_id = 0;  // last column of NSpid: what it calls itself; 0 where the kernel does not tell
    int namespace_depth = 0;  // columns of NSpid
    std::array<unsigned, 4> uids = {};  // real, effective, saved, file system
    std::array<unsigned, 4> gids = {};
    SignalSet pending;
    SignalSet shared_pending;
    SignalSet blocked;
    SignalSet ignored;
    SignalSet caught;
    std::uint64_t effective_capabilities = 0;
    int seccomp_mode = 0;
    std::uint64_t voluntary_switches = 0;
    std::uint64_t involuntary_switches = 0;

    char state_letter() const { return state.empty() ? '?' : state.front(); }
};

// Never fails: what is missing or no number keeps its default.
StatusFacts parse_status(std::string_view text);

}  // namespace subint_doctor::os
