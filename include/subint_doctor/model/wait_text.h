// A wait in words. Here, because sentences are made on two floors. What comes from the patient is raw: visible() is the
// caller's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "subint_doctor/model/process.h"

namespace subint_doctor {

// "GIL 0, held by 4244", "a Python lock", "read on fd 9 (pipe:[123])", "openat of /srv/queue",
// "poll on fd 4 (tcp 10.0.0.2:41200 to 10.0.0.5:5432)", "wait4 for process 4300 (make: sleeping)", "io_uring_enter";
// empty where nothing is known.
std::string describe_wait(const Thread& thread);

// "GIL 0, held by 4244"
std::string describe_gil_wait(int gil, std::optional<int> holder_tid);

// "sleeping": of a process or thread, proc(5).
std::string_view describe_state(char state);

// "no time limit", "a time limit of 86400 s", "a time limit"; empty where nothing is known. From look to look the same.
std::string describe_time_limit(const std::optional<TimeLimit>& limit);

// "58 s left", "at most 24 h"; empty where there is no limit or it could not be read.
std::string describe_time_left(const std::optional<TimeLimit>& limit);

}  // namespace subint_doctor
