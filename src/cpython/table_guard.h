// Whether the built-in table may be believed for this patient.
#pragma once

#include "layout_tables.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::cpython {

// Adds the table's rows to a layout that holds what the patient publishes: when the published sizes are those of a
// known build, or else when the main interpreter, read with these rows, proves them. Otherwise the layout notes why not.
void complete_from_table(const MemoryReader& memory, const LayoutTable& table, Layout& layout);

}  // namespace subint_doctor::cpython
