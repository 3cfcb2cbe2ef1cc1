// The actors as people know them. Everything that comes from the patient is made printable here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "case.h"

namespace subint_doctor::diagnose {

// Control characters shown as \xNN; cut after 200 bytes.
std::string printable(std::string_view text);

// "subint-driver[1]"; the system's name where Python has none; "thread 4244" where there is neither.
std::string thread_name(const Case& seen, int tid);

// "subint-driver[1] (tid 4244)"
std::string thread_label(const Case& seen, int tid);

// For the inside and the start of a sentence: "the main thread", "thread subint-driver[1]".
std::string thread_in_sentence(const Case& seen, int tid);
std::string capitalised(std::string text);

// "interpreter 1 (legacy)"
std::string interpreter_label(const Case& seen, std::int64_t id);

// "interpreters 0 and 1", "interpreters 0, 1, 2 and 22 more"
std::string counted(std::string_view noun, const std::vector<std::int64_t>& ids);

// "parse at server.py:12"; the file without the folders of the standard library or of site-packages
std::string frame_text(const Python& python, const Frame& frame);

// "match at re/__init__.py:167, called from parse at <script>:3": the second half is the nearest caller outside the
// standard library. Empty without frames.
std::string place_text(const Python& python, const ThreadState& state);

// "read on fd 9 (pipe:[123])", "futex (a native lock or semaphore)", "pause"
std::string sleep_text(const Thread& thread);

// "both looks", "all 3 looks", "the one look"
std::string in_all_looks_text(const Case& seen);

}  // namespace subint_doctor::diagnose
