// Which source line and column an instruction belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace subint_doctor::cpython {

struct SourceLocation {
    std::optional<int> line;  // 1-based
    std::optional<int> column;  // 0-based, in UTF-8 bytes

    bool operator==(const SourceLocation&) const = default;
};

// `code_unit` counts from the start of the bytecode, in units of two bytes. Empty where the table gives the instruction
// no location, ends before it, or is damaged. Reads the table only up to that instruction.
// Mirrors: Objects/codeobject.c, the location table of 3.11-3.15 (described in InternalDocs/code_objects.md).
SourceLocation find_location(std::span<const std::byte> table, int first_line, std::uint64_t code_unit);

}  // namespace subint_doctor::cpython
