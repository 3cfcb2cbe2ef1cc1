// One small fake CPython for several tests: the main interpreter with a main thread and a worker, a legacy
// sub-interpreter that the worker runs while it holds the shared GIL, and an isolated one with its own GIL, idle.
#pragma once

#include <cstdint>

#include "fake_memory.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::test {

constexpr Address sample_runtime{0x100000};
constexpr std::uint64_t sample_size = 448 * 1024;  // bytes from sample_runtime; all of it is mapped

struct SampleImage {
    FakeMemory memory;
    cpython::Layout layout;
    Address main_interpreter;
    Address legacy_interpreter;
    Address isolated_interpreter;
    Address shared_gil;
    Address own_gil;
    Address main_state;
    Address worker_state;  // of the main interpreter, on the worker's thread
    Address legacy_state;  // of the legacy one, on the same thread
    Address worker_frame;  // innermost
    Address first_shim;  // on the C stack, lower than the second
    Address second_shim;
};

// Line tables of the sample's code objects: every code unit n of the first eight is line first_line, column n.
SampleImage make_sample_image(const cpython::Layout& layout);

}  // namespace subint_doctor::test
