// The words of a thread state that change as its thread runs, and what they mean.
#pragma once

#include "subint_doctor/cpython/layout.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::cpython {

struct ThreadStateWords {
    std::uint32_t status = 0;  // the bits of _status
    std::int32_t holds_gil = 0;
    std::int32_t gil_requested = 0;
    std::int32_t state = 0;
    std::uint64_t eval_breaker = 0;
};

// Whether this CPython's thread states say who holds the GIL: by a bit of the status or by a word of its own.
bool knows_holders(const Layout& layout);

// By whichever of the two this CPython has.
bool holds_gil(const Layout& layout, const ThreadStateWords& words);

void apply(const Layout& layout, const ThreadStateWords& words, ThreadState& state);

}  // namespace subint_doctor::cpython
