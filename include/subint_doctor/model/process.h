// The operating system's side of a look: the process, its threads, mappings and descriptors. Plain data, joined by
// tid, fd and inode.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "subint_doctor/model/address.h"
#include "subint_doctor/model/merged_stack.h"
#include "subint_doctor/model/wait.h"

namespace subint_doctor {

// Bit n-1 stands for signal n, as in proc(5).
struct SignalSet {
    std::uint64_t bits = 0;

    constexpr bool has(int signal) const { return signal >= 1 && signal <= 64 && ((bits >> (signal - 1)) & 1) != 0; }
    constexpr bool operator==(const SignalSet&) const = default;
};

struct Process {
    int pid = 0;  // as this tool sees it; the leader's tid
    int namespace_pid = 0;  // as the patient sees itself (last column of NSpid)
    int asked_tid = 0;  // what the user typed; differs from pid when it was a thread's
    char state = '?';  // the leader's, proc(5)
    bool leader_is_zombie = false;  // the main thread left by pthread_exit, others live on
    std::string name;  // comm
    std::string exe;
    std::vector<std::string> command_line;
    std::uint64_t age_ms = 0;  // since it started
    unsigned uid = 0;
    int parent_pid = 0;  // 0: none that can be seen from here
    std::string parent_name;  // comm
    std::optional<SignalSet> parent_ignored;  // SigIgn of the parent
    int parent_threads = 0;  // that it has now; 0: not known
    bool parent_is_same_program = false;  // the same file is executed there
    bool forked = false;  // and has run no other program since: PF_FORKNOEXEC, include/linux/sched.h
    int process_group = 0;
    int session = 0;
    // The foreground process group of its controlling terminal; empty: it has no terminal.
    std::optional<int> terminal_group;
    int tracer_pid = 0;  // 0: not traced
    std::string tracer_name;
    bool frozen = false;  // its cgroup is frozen
    bool other_pid_namespace = false;
    bool other_net_namespace = false;
    bool other_time_namespace = false;
    SignalSet ignored;  // SigIgn
    SignalSet caught;  // SigCgt
    SignalSet pending;  // ShdPnd
    int seccomp_mode = 0;
};

struct Syscall {
    std::int64_t number = -1;
    std::string name;  // "futex"; "syscall 999" where the number is not known
    std::array<std::uint64_t, 6> args = {};
    Address stack_pointer;
    Address instruction_pointer;
};

struct Thread {
    int tid = 0;
    int namespace_tid = 0;  // what the patient's own gettid() says
    bool is_process_leader = false;
    std::string name;  // comm, raw bytes of the patient
    std::optional<std::string> python_name;
    char state = '?';  // proc(5)
    bool on_cpu = false;  // /proc/TID/syscall said "running": runnable, in user code or on a CPU
    std::optional<Syscall> syscall;  // where it sleeps in the kernel; empty when on_cpu or unreadable
    std::optional<std::string> wait_channel;  // wchan; empty where the kernel does not say
    std::uint64_t run_ns = 0;  // CPU time, schedstat's first number; moves at ticks
    std::uint64_t queue_ns = 0;  // runnable but not on a CPU, schedstat's second number
    std::uint64_t slices = 0;  // times it was put on a CPU, schedstat's third number
    std::uint64_t voluntary_switches = 0;
    std::uint64_t involuntary_switches = 0;
    SignalSet blocked;  // SigBlk
    SignalSet pending;  // SigPnd
    int tracer_pid = 0;
    bool ran_while_read = false;  // it ran between the start and the end of this look
    bool moved = false;  // what was read of its stack may be torn: it ran meanwhile and was not held
    // It runs Python code, not one C call: reads of one look saw different frames, or it stood at a backward jump.
    bool frames_stirred = false;
    Wait wait;
    std::optional<MergedStack> merged;  // empty: its C stack was not copied
};

struct Mapping {
    Address start;
    Address end;
    std::uint64_t file_offset = 0;
    bool readable = false;
    bool writable = false;
    bool executable = false;
    std::uint64_t device = 0;  // as st_dev
    std::uint64_t inode = 0;
    std::string path;  // as printed; empty for anonymous, "[stack]", "... (deleted)"
};

enum class DescriptorKind { unix_socket, other_socket, pipe, eventfd, epoll, pidfd, file, other };

// One watched descriptor of an epoll set; fdinfo's "tfd:" line.
struct EpollTarget {
    int fd = -1;  // the number it was added under; may have been closed or reused since
    std::uint32_t events = 0;  // EPOLLIN ... as the kernel prints them; EPOLLONESHOT fired leaves no EPOLLIN
    std::uint64_t inode = 0;  // of what is really watched
};

struct Descriptor {
    int fd = -1;
    DescriptorKind kind = DescriptorKind::other;
    std::string link;  // what readlink says: "socket:[123]", "/dev/null"
    std::uint64_t inode = 0;  // of a socket or pipe
    bool readable = false;
    bool writable = false;
    // unix sockets, from sock_diag(7); all in the kernel's own units
    std::optional<std::uint64_t> peer_inode;  // 0: it has no peer (any more)
    std::optional<std::uint64_t> unread_bytes;  // received and not yet read here
    std::optional<std::uint64_t> charged_bytes;  // memory that its unread sends still occupy
    std::optional<std::uint64_t> send_limit_bytes;  // SO_SNDBUF
    // epoll sets
    std::vector<EpollTarget> watched;
};

// How full a pipe is; read on demand, through a duplicate of one end.
struct PipeQueue {
    std::uint64_t unread_bytes = 0;  // FIONREAD
    std::uint64_t capacity_bytes = 0;  // F_GETPIPE_SZ
    bool packet_mode = false;  // O_DIRECT: each write takes a page
};

}  // namespace subint_doctor
