// Files, links and folders of proc(5), relative to an open folder of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "subint_doctor/model/result.h"
#include "subint_doctor/os/file.h"

namespace subint_doctor::os {

// ENOENT and ESRCH mean no_such_process here: what is asked for exists as long as the process does. `doing` as in Error.
Error proc_error(int errno_value, std::string doing);

// One read(2) of up to 8 KiB: whole for the files of one thread, which the kernel makes in one piece. The text is in
// `buffer` and lives until its next use.
Result<std::string_view> read_small(int folder, const char* path, std::string& buffer);

// To the end, `limit` where the file is longer than that many bytes.
Result<std::string> read_whole(int folder, const char* path, std::size_t limit);

Result<std::string> read_link(int folder, const char* path);

// As openat(2) with O_CLOEXEC.
Result<File> open_at(int folder, const char* path, int flags);

// The names in `path` that are numbers, as listed. `limit` where there are more than that.
Result<std::vector<int>> list_numbers(int folder, const char* path, std::size_t limit);

}  // namespace subint_doctor::os
