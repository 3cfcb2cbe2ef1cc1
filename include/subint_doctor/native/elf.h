// Where a section or an exported symbol of an ELF file is, and by how much a loaded file was moved. Knows nothing of
// Python: it is told the names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "subint_doctor/model/process.h"
#include "subint_doctor/model/result.h"
#include "subint_doctor/os/file.h"

namespace subint_doctor::native {

struct Location {
    Address address;  // in the patient
    std::uint64_t size = 0;  // bytes
};

struct Lookup {
    std::string section;  // ".PyRuntime"; tried first, one header read
    std::string symbol;  // "_PyRuntime"; exported, in .dynsym
};

// `base` is the mapping of that file with offset 0. Empty result: the file has neither. Fails with `corrupt` for
// something that is no ELF file of this machine's class.
Result<std::optional<Location>> find_in_elf(const os::File& file, const Mapping& base, const Lookup& lookup);

}  // namespace subint_doctor::native
