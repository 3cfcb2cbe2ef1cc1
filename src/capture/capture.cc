#include "subint_doctor/capture/capture.h"

#include <utility>

#include "find_runtime.h"
#include "take_looks.h"

namespace subint_doctor::capture {

void Progress::publish(const Inspection& so_far) {
    const std::lock_guard lock(mutex_);
    latest_ = so_far;
}

std::optional<Inspection> Progress::latest() const {
    const std::lock_guard lock(mutex_);
    return latest_;
}

// The story: find CPython in the process, look, look again, see what moved, and only then hold the few running threads
// whose stacks would not hold still. What a stop could change has been read by then.
Result<Inspection> capture(const os::Target& patient, const Options& options, const os::Clock& clock,
                           Progress* progress) {
    const std::uint64_t started = clock.now_ns();
    const Result<cpython::Layout> layout = find_layout(patient);
    if (!layout) return layout.error();
    return take_looks(patient, *layout, options, clock, started, progress);
}

}  // namespace subint_doctor::capture
