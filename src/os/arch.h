// All that depends on the machine's architecture: numbers of system calls, and registers.
#pragma once

#include <sys/user.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "subint_doctor/os/hold.h"

#if !defined(__x86_64__)
#error "x86-64 only: another architecture needs its own rows and numbers"
#endif

namespace subint_doctor::os::arch {

struct SyscallRow {
    std::int64_t number;
    std::string_view name;
};

inline constexpr SyscallRow syscall_rows[] = {
#include "syscalls_x86_64.inc"
};

// A call that a stop or signal interrupted goes on under this number, with the arguments of the original one. The
// kernel does so for the four below only (users of restart_block).
inline constexpr std::int64_t restart_syscall = 219;
inline constexpr std::int64_t poll = 7;
inline constexpr std::int64_t nanosleep = 35;
inline constexpr std::int64_t futex = 202;
inline constexpr std::int64_t clock_nanosleep = 230;

using Registers = user_regs_struct;

inline os::Registers plain(const Registers& registers) {
    os::Registers plain{{registers.rip}, {registers.rsp}, {}};
    static_assert(sizeof registers <= sizeof plain.all);
    std::memcpy(plain.all.data(), &registers, sizeof registers);
    return plain;
}

// A ptrace stop ends some calls, epoll_wait above all, with EINTR though no signal came. At the stop the kernel has not
// yet decided what becomes of the call, so it can be asked to start it again; a handler that does run meanwhile still
// makes it EINTR. A relative time limit starts anew. Mirrors: arch/x86/kernel/signal.c, arch_do_signal_or_restart().
// Returns whether it changed anything.
inline bool restart_interrupted_call(Registers& registers) {
    constexpr std::int64_t restart_unless_handled = 514;  // ERESTARTNOHAND, include/linux/errno.h
    const bool in_call = static_cast<std::int64_t>(registers.orig_rax) >= 0;
    if (!in_call || static_cast<std::int64_t>(registers.rax) != -EINTR) return false;
    registers.rax = static_cast<std::uint64_t>(-restart_unless_handled);
    return true;
}

}  // namespace subint_doctor::os::arch
