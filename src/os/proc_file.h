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

// All of a file that the kernel makes in one piece, such as those of one thread: with one read(2) where that is no more
// than 8 KiB, `limit` beyond 2 MiB. The text is in `buffer` and lives until its next use.
Result<std::string_view> read_text(int folder, const char* path, std::string& buffer);

// As much as there is, but no more than `limit` bytes.
struct BoundedText {
    std::string text;
    bool complete = true;
};
Result<BoundedText> read_beginning(int folder, const char* path, std::size_t limit);

// To the end, `limit` where the file is longer than that many bytes.
Result<std::string> read_whole(int folder, const char* path, std::size_t limit);

Result<std::string> read_link(int folder, const char* path);

// As openat(2) with O_CLOEXEC.
Result<File> open_at(int folder, const char* path, int flags);

// The names in `path` that are numbers, as listed, and no more than `limit` of them.
struct NumberList {
    std::vector<int> numbers;
    bool complete = true;
};
Result<NumberList> list_numbers(int folder, const char* path, std::size_t limit);

}  // namespace subint_doctor::os
