// Where text goes: a standard stream or a file, whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "subint_doctor/model/result.h"

namespace subint_doctor::cli {

// A standard stream that the caller closed would give its number to the next file; it becomes one that refuses writes.
void reserve_standard_streams();

// To stdout when `path` is empty. A regular file is written beside itself and then renamed, so that it is never half
// there; a device or a FIFO is written to as it is. Fails with `unreadable` and the errno.
Status write_output(const std::string& path, std::string_view text);

void write_to_stderr(std::string_view text);

}  // namespace subint_doctor::cli
