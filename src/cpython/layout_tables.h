// What is known of builds of CPython before a patient is looked at: each file in layouts/ is one table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "subint_doctor/cpython/field.h"
#include "subint_doctor/cpython/layout.h"
#include "subint_doctor/cpython/shapes.h"

namespace subint_doctor::cpython {

enum class Threading { with_gil, free_threaded };
enum class BuildKind { release, debug };

// What tells builds apart.
struct Build {
    std::uint64_t first_hex = 0;  // PY_VERSION_HEX
    std::uint64_t last_hex = 0;
    Threading threading = Threading::with_gil;
    BuildKind kind = BuildKind::release;
    Architecture architecture = Architecture::x86_64;
};

// Sizes in bytes of the three structures that patch releases and build options change.
struct BuildSizes {
    std::uint64_t runtime = 0;
    std::uint64_t interpreter = 0;
    std::uint64_t thread_state = 0;
};

// A number for each field that has one.
using FieldNumbers = std::array<std::optional<std::uint64_t>, static_cast<std::size_t>(Field::count)>;

struct LayoutTable {
    Build build;
    Shapes shapes;
    std::array<BuildSizes, 8> sizes;  // the first size_count of them
    std::size_t size_count = 0;
    FieldNumbers words;  // which 64-bit word of _Py_DebugOffsets holds the offset of the field
    FieldNumbers offsets;  // of fields that it does not hold
};

// In the order of their files' names: a release build before the debug build of the same version.
std::span<const LayoutTable> layout_tables();

}  // namespace subint_doctor::cpython
