#include "layout_tables.h"

#include <algorithm>
#include <array>

namespace subint_doctor::cpython {
namespace {

#define PUBLISHED(word, field) PublishedRow{word, Field::field},
constexpr std::array published_313 = {
#include "layouts/published313_x86_64.inc"
};
constexpr std::array published_314 = {
#include "layouts/published314_x86_64.inc"
};
constexpr std::array published_315 = {
#include "layouts/published315_x86_64.inc"
};
#undef PUBLISHED

#define BUILD(debug, runtime, interpreter, thread_state) BuildSizes{debug, runtime, interpreter, thread_state},
#define FIELD(field, offset)
#define BUILD_FIELD(field, release, debug)
constexpr std::array builds_313 = {
#include "layouts/cp313_x86_64.inc"
};
constexpr std::array builds_314 = {
#include "layouts/cp314_x86_64.inc"
};
constexpr std::array builds_315 = {
#include "layouts/cp315_x86_64.inc"
};
#undef BUILD
#undef FIELD
#undef BUILD_FIELD

#define BUILD(debug, runtime, interpreter, thread_state)
#define FIELD(field, offset) TableRow{Field::field, offset, offset},
#define BUILD_FIELD(field, release, debug) TableRow{Field::field, release, debug},
constexpr std::array rows_313 = {
#include "layouts/cp313_x86_64.inc"
};
constexpr std::array rows_314 = {
#include "layouts/cp314_x86_64.inc"
};
constexpr std::array rows_315 = {
#include "layouts/cp315_x86_64.inc"
};
#undef BUILD
#undef FIELD
#undef BUILD_FIELD

constexpr std::array tables = {
    LayoutTable{0x030d, 73, published_313, builds_313, rows_313},
    LayoutTable{0x030e, 95, published_314, builds_314, rows_314},
    LayoutTable{0x030f, 111, published_315, builds_315, rows_315},
};

}  // namespace

const LayoutTable* find_layout_table(unsigned minor_version) {
    const auto* found = std::find_if(tables.begin(), tables.end(),
                                     [&](const LayoutTable& table) { return table.minor_version == minor_version; });
    return found == tables.end() ? nullptr : found;
}

}  // namespace subint_doctor::cpython
