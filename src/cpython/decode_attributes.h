// Looking something up in a dict, or an attribute in an object, without running anything.
// Mirrors: Include/internal/pycore_dict.h and the managed dict of pycore_object.h (3.13-3.15).
#pragma once

#include <optional>
#include <string_view>

#include "objects.h"

namespace subint_doctor::cpython {

constexpr std::uint64_t max_dict_entries = 65'536;

// The value under an ASCII key. Empty: there is none. Fails with `corrupt` when it is no dict, `limit` when it has more
// than max_dict_entries.
Result<std::optional<Address>> find_item(Objects& objects, Address dict, std::string_view key);

// An attribute in the object's own dict or inline values; classes are not asked. Empty: it has none.
Result<std::optional<Address>> find_attribute(Objects& objects, Address object, std::string_view name);

}  // namespace subint_doctor::cpython
