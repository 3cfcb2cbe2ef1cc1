// Whether the built-in table may be believed for this patient.
#pragma once

#include "layout_tables.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::cpython {

struct Candidate {
    const LayoutTable* table = nullptr;
    Layout published;  // with what the patient publishes, found by that table
};

// Of the builds that the patient may be, one or more, the one that it is: the sizes that it publishes are known, or else
// its main interpreter, read with these rows, proves them. Otherwise only what is published is believed, and the layout
// notes why.
Layout choose_layout(const MemoryReader& memory, std::span<const Candidate> candidates);

}  // namespace subint_doctor::cpython
