// Where text goes: a standard stream or a file, in whatever way `>` could write it.
//
// A new file comes into being whole: it has no name (O_TMPFILE) until all of it is written, so that a full disk or
// kill -9 leaves nothing. A file that is there is written in place, since that alone works for a bind mount, one's own
// file in another's folder and a link, and keeps owner, mode, extended attributes and hard links. Its space is reserved
// before the first byte is changed, so that a full disk or a size limit leaves it as it was; only kill -9 or a broken disk
// within that one write can leave it half old.
#pragma once

#include <string>
#include <string_view>

#include "subint_doctor/model/result.h"

namespace subint_doctor::cli {

// A standard stream that the caller closed would give its number to the next file; it becomes one that refuses writes.
void reserve_standard_streams();

// To stdout when `path` is empty. For the reader of a FIFO it waits a few seconds. Fails with `unreadable` and the errno.
Status write_output(const std::string& path, std::string_view text);

void write_to_stderr(std::string_view text);

}  // namespace subint_doctor::cli
