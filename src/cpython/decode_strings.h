// The text and the bytes of str and bytes objects.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "objects.h"

namespace subint_doctor::cpython {

// Of what is kept of a name or path, in bytes of UTF-8 at most.
constexpr std::size_t max_name_size = 256;
constexpr std::size_t max_path_size = 512;

// A str as UTF-8, cut after `limit` code points. What os.fsdecode could not decode becomes its byte again; any other
// lone surrogate becomes U+FFFD. Fails with `corrupt` when there is no str.
// Mirrors: Include/cpython/unicodeobject.h, PyASCIIObject and its state word (3.12-3.15).
Result<std::string> read_str(Objects& objects, Address object, std::size_t limit);

// A name as it is shown. Of a long one the beginning is kept, and it says how much it lacks: "spam…[3840 more]".
Result<std::string> read_name(Objects& objects, Address object);

// A path. Of a long one the end is kept: "[3584 more]…/threading.py".
Result<std::string> read_path(Objects& objects, Address object);

// The contents of a bytes object. Fails with `limit` when it is longer than `limit` bytes.
// Mirrors: Include/cpython/bytesobject.h.
Result<std::vector<std::byte>> read_bytes(Objects& objects, Address object, std::size_t limit);

}  // namespace subint_doctor::cpython
