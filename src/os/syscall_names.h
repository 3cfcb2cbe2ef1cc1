// What a system call's number means.
#pragma once

#include <string>
#include <string_view>

#include "subint_doctor/model/process.h"

namespace subint_doctor::os {

// "futex"; "syscall 999" for a number that has no row; "no system call" for -1, a sleep outside of any (a page fault).
std::string syscall_name(std::int64_t number);

// A restarted call becomes the one that was interrupted, told by where it waits in the kernel; left as it is where that
// does not tell. Its arguments are the original ones already.
void resolve_restart(Syscall& syscall, std::string_view wait_channel);

}  // namespace subint_doctor::os
