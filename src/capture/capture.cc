#include "subint_doctor/capture/capture.h"

#include "find_runtime.h"
#include "look.h"
#include "motion.h"
#include "settle_moving.h"

namespace subint_doctor::capture {
namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;

}  // namespace

// The story: find CPython in the process, look, look again, see what moved, and only then hold the few running threads
// whose stacks would not hold still. What a stop could change has been read by then.
Result<Inspection> capture(const os::Target& patient, const Options& options, const os::Clock& clock) {
    const std::uint64_t started = clock.now_ns();
    Result<cpython::Layout> layout = find_layout(patient);
    if (!layout) return layout.error();

    Inspection inspection;
    inspection.interval_ms = options.looks > 1 ? options.interval_ms : 0;
    const std::uint64_t interval = static_cast<std::uint64_t>(options.interval_ms) * ns_per_ms;
    const std::uint64_t timeout = static_cast<std::uint64_t>(options.timeout_ms) * ns_per_ms;
    for (int n = 0; n < options.looks; ++n) {
        const Snapshot* previous = n == 0 ? nullptr : &inspection.last();
        if (previous != nullptr) {
            const std::uint64_t next = previous->ended_ns + interval;
            if (timeout != 0 && next > started + timeout) {
                inspection.gaps.push_back({"motion", "the time limit ended before the next look", true});
                break;
            }
            clock.sleep_until_ns(next);
        }
        Result<Snapshot> look = take_look(patient, *layout, previous, clock);
        if (!look) return look.error();
        inspection.looks.push_back(std::move(*look));
    }

    settle_moving(patient, *layout, options, clock, inspection);
    find_motion(inspection);
    const std::vector<Gap>& seen = inspection.last().gaps;
    inspection.gaps.insert(inspection.gaps.begin(), seen.begin(), seen.end());
    inspection.total_us = (clock.now_ns() - started) / 1'000;
    return inspection;
}

}  // namespace subint_doctor::capture
