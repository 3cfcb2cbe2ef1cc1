// The text and the bytes of str and bytes objects.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "objects.h"

namespace subint_doctor::cpython {

constexpr std::size_t max_name_length = 4096;  // code points
constexpr std::size_t max_path_length = 16 * 1024;

// A str as UTF-8, cut after `limit` code points. What os.fsdecode could not decode becomes its byte again; any other
// lone surrogate becomes U+FFFD. Fails with `corrupt` when there is no str.
// Mirrors: Include/cpython/unicodeobject.h, PyASCIIObject and its state word (3.12-3.15).
Result<std::string> read_str(Objects& objects, Address object, std::size_t limit);

// The contents of a bytes object. Fails with `limit` when it is longer than `limit` bytes.
// Mirrors: Include/cpython/bytesobject.h.
Result<std::vector<std::byte>> read_bytes(Objects& objects, Address object, std::size_t limit);

}  // namespace subint_doctor::cpython
