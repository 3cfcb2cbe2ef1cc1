// Small words for numbers, names and lists.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor::report {

std::string counted(std::size_t count, std::string_view noun);  // "1 thread", "2 threads"
std::string duration_text(std::uint64_t ms);  // "3 min 12 s"
std::string pause_text(std::uint64_t us);  // "41 us", "0.3 ms"
std::string id_ranges(std::vector<std::int64_t> ids);  // "2-5, 9"
std::string_view last_part(std::string_view path);

// As people know it: Python's name for it, else the kernel's.
const std::string& thread_name(const Thread& thread);

// "python3.14 server.py", "python3.14 -m http.server"
std::string program_text(const Process& process);

}  // namespace subint_doctor::report
