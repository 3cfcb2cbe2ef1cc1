// The only thread of a process, asleep on a futex that is private to it and has no time limit.
#pragma once

#include <linux/futex.h>

#include "case_builder.h"

namespace subint_doctor::tests {

inline Snapshot alone_on_a_lock() {
    Snapshot look = trio_process();
    look.wakeup = {};
    look.python->signals.wakeup_fd = -1;
    sleep_in(thread_of(look, main_tid), "futex", WaitKind::lock, {0x1000, FUTEX_WAIT_BITSET_PRIVATE});
    thread_of(look, main_tid).wait.limit = TimeLimit{};
    set_frames(look, innermost_of(look, main_tid), {{"load", "/srv/server.py", 12}, {"refresh", "/srv/server.py", 7}});
    return look;
}

}  // namespace subint_doctor::tests
