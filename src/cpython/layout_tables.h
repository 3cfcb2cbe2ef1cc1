// The two sources of offsets, as rows: what _Py_DebugOffsets holds in which word, and what it does not hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "subint_doctor/cpython/field.h"

namespace subint_doctor::cpython {

// The n-th 64-bit word of _Py_DebugOffsets.
struct PublishedRow {
    unsigned word = 0;
    Field field = Field::count;
};

struct TableRow {
    Field field = Field::count;
    std::uint64_t release = 0;
    std::uint64_t debug = 0;
};

// Sizes in bytes of the three structures that patch releases and build options change.
struct BuildSizes {
    bool debug = false;
    std::uint64_t runtime = 0;
    std::uint64_t interpreter = 0;
    std::uint64_t thread_state = 0;
};

struct LayoutTable {
    unsigned minor_version = 0;  // as Layout::minor_version()
    unsigned published_words = 0;  // length of _Py_DebugOffsets in 64-bit words, the cookie included
    std::span<const PublishedRow> published;
    std::span<const BuildSizes> builds;
    std::span<const TableRow> rows;
};

// nullptr: no CPython of that minor version is known.
const LayoutTable* find_layout_table(unsigned minor_version);

}  // namespace subint_doctor::cpython
