// What a thread did between the looks. CPU time moves at scheduler ticks (4 ms), so it says "about".
#pragma once

#include <string>

#include "case.h"

namespace subint_doctor::diagnose {

struct Spent {
    std::uint64_t run_ns = 0;  // on a CPU
    std::uint64_t queue_ns = 0;  // runnable, without a CPU
    std::uint64_t slices = 0;  // times that it was put on a CPU
    std::uint64_t voluntary_switches = 0;  // times that it gave its CPU up to wait for something
};

// Between the first and the last look; zeros with one look, or when the thread is new.
Spent spent(const Case& seen, int tid);

// On a CPU or ready to run, by its state or (read at another moment) by its system call.
bool runs(const Thread& thread);
bool runs_in_some_look(const Case& seen, int tid);
bool runs_in_all_looks(const Case& seen, int tid);

// Sleeps in the kernel, in the same system call with the same arguments, in every look; not where it is stopped.
bool sleeps_in_all_looks(const Case& seen, int tid);

// Its innermost Python frames changed: between the looks, or while one of them was read. False says nothing with one
// look.
bool frames_moved(const Case& seen, int tid);

// Sleeps in epoll_wait or a relative of it.
bool in_epoll(const Thread& thread);

// "about 24 of 27 ms"
std::string cpu_text(const Case& seen, int tid);

}  // namespace subint_doctor::diagnose
