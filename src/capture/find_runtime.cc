#include "find_runtime.h"

#include <algorithm>
#include <string_view>

#include "subint_doctor/native/elf.h"

namespace subint_doctor::capture {
namespace {

// A statically linked interpreter is the executable itself; else it is libpython; an embedding program may have
// anything. Lower is looked at earlier.
int suspicion(const Mapping& mapping) {
    const std::string_view path = mapping.path;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (name.starts_with("libpython")) return 0;
    if (name.starts_with("python")) return 1;
    return 2;
}

bool may_hold_runtime(const Mapping& mapping) {
    return mapping.file_offset == 0 && mapping.inode != 0 && mapping.readable && mapping.path.starts_with('/');
}

std::vector<Mapping> candidates(const std::vector<Mapping>& mappings) {
    std::vector<Mapping> found;
    for (const Mapping& mapping : mappings) {
        const bool known = std::any_of(found.begin(), found.end(), [&](const Mapping& other) {
            return other.inode == mapping.inode && other.device == mapping.device;
        });
        if (may_hold_runtime(mapping) && !known) found.push_back(mapping);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Mapping& a, const Mapping& b) { return suspicion(a) < suspicion(b); });
    return found;
}

}  // namespace

Result<cpython::Layout> find_layout(const os::Target& patient) {
    Result<std::vector<Mapping>> mappings = patient.mappings();
    if (!mappings) return mappings.error();
    Error unread{ErrorCode::not_python, ""};
    for (const Mapping& mapping : candidates(*mappings)) {
        Result<os::File> file = patient.open_mapped(mapping);
        if (!file) {
            if (suspicion(mapping) < 2) unread = file.error();
            continue;
        }
        const auto found = native::find_in_elf(*file, mapping, {".PyRuntime", "_PyRuntime"});
        if (!found || !*found) continue;
        return cpython::layout_for(patient.memory(), {(*found)->address, (*found)->size});
    }
    if (unread.code != ErrorCode::not_python) return unread;
    return Error{ErrorCode::not_python, "process " + std::to_string(patient.pid()) + " is not a CPython process"};
}

}  // namespace subint_doctor::capture
