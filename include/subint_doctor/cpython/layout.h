// Where things are in one CPython's memory. Sources, in this order: what the patient publishes (_Py_DebugOffsets, the
// first member of _PyRuntime since 3.13; Mirrors: Include/internal/pycore_runtime.h in 3.13, pycore_debug_offsets.h
// since), then the built-in table (src/cpython/layouts/*.inc), guarded by the sizes that the patient publishes or by
// what its structures say of each other; else the fact becomes a gap.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "subint_doctor/cpython/field.h"
#include "subint_doctor/cpython/shapes.h"
#include "subint_doctor/model/memory_reader.h"

namespace subint_doctor::cpython {

enum class Architecture { x86_64, aarch64 };

struct RuntimeLocation {
    Address runtime;  // &_PyRuntime
    std::uint64_t size = 0;  // of the ELF symbol or section; 0: not known
    Architecture architecture = Architecture::x86_64;
};

class Layout {
public:
    Address runtime() const { return runtime_; }
    std::uint64_t version_hex() const { return version_hex_; }  // PY_VERSION_HEX
    bool debug() const { return debug_; }
    bool free_threaded() const { return free_threaded_; }
    // (major << 8) | minor, 0x030e for 3.14
    unsigned minor_version() const { return static_cast<unsigned>(version_hex_ >> 16) & 0xffff; }

    // Offset of a field in bytes from the start of its structure; empty: unknown in this CPython.
    std::optional<std::uint64_t> offset(Field field) const { return offsets_[static_cast<std::size_t>(field)]; }

    const Shapes& shapes() const { return shapes_; }

    // Why the built-in table was not used, so that what is not published is unknown; empty: it was used.
    const std::string& table_refusal() const { return table_refusal_; }

    void set_identity(Address runtime, std::uint64_t version_hex, bool debug, bool free_threaded);
    void set_offset(Field field, std::uint64_t offset) { offsets_[static_cast<std::size_t>(field)] = offset; }
    void forget(Field field) { offsets_[static_cast<std::size_t>(field)].reset(); }
    void set_shapes(const Shapes& shapes) { shapes_ = shapes; }
    void refuse_table(std::string why) { table_refusal_ = std::move(why); }

private:
    Address runtime_;
    std::uint64_t version_hex_ = 0;
    bool debug_ = false;
    bool free_threaded_ = false;
    Shapes shapes_;
    std::string table_refusal_;
    std::array<std::optional<std::uint64_t>, static_cast<std::size_t>(Field::count)> offsets_{};
};

// Fails with not_python when there is no room for a runtime at that address, unsupported_python (the text names the
// version) for a build that no file in layouts/ is for (a CPython older than 3.13, newer than 3.15, an alpha or beta, or
// free-threaded), else with what reading failed with. Sizes that fit no table are no failure: see table_refusal().
Result<Layout> layout_for(const MemoryReader& memory, const RuntimeLocation& where);

// "3.14.8", "3.15.0rc1" from PY_VERSION_HEX.
std::string version_text(std::uint64_t version_hex);

}  // namespace subint_doctor::cpython
