#include "take_looks.h"

#include <algorithm>
#include <utility>

#include "c_stacks.h"
#include "gaps.h"
#include "join.h"
#include "look.h"
#include "motion.h"
#include "settle_moving.h"
#include "source_lines.h"
#include "wait_details.h"

namespace subint_doctor::capture {
namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;

// Why there is no further look. What the looks before it saw stands.
Gap no_further_look(const Error& error) {
    const bool ended = error.code == ErrorCode::no_such_process;
    return {"motion", ended ? "the process ended before the next look" : "the next look failed: " + describe(error),
            true};
}

// Where nothing more can be read: a stack that was read while its thread ran stays as torn as it was read.
void leave_torn(Inspection& inspection) {
    for (Thread& thread : inspection.looks.back().threads) thread.moved = thread.ran_while_read;
    inspection.consistent = std::ranges::none_of(inspection.last().threads, &Thread::moved);
}

void finish(Inspection& inspection) {
    join_looks(inspection);
    find_motion(inspection);
    add_unread_stacks(inspection.looks.back());
    const std::vector<Gap>& seen = inspection.last().gaps;
    inspection.gaps.insert(inspection.gaps.begin(), seen.begin(), seen.end());
}

}  // namespace

Inspection cut_short(Inspection so_far, std::string why) {
    so_far.gaps.push_back({"motion", std::move(why), true});
    leave_torn(so_far);
    finish(so_far);
    return so_far;
}

Result<Inspection> take_looks(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                              const os::Clock& clock, std::uint64_t started, Progress* progress) {
    bool gone = false;
    SourceLines sources;
    WaitDetails waits;
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
            if (progress != nullptr) progress->publish(inspection);
            sources.read(patient, *previous);
            waits.look_up(patient, clock, *previous);
            clock.sleep_until_ns(next);
        }
        Result<Snapshot> look = take_look(patient, layout, previous, clock);
        if (!look && inspection.looks.empty()) return look.error();
        if (!look) {
            inspection.gaps.push_back(no_further_look(look.error()));
            gone = look.error().code == ErrorCode::no_such_process;
            break;
        }
        inspection.looks.push_back(std::move(*look));
    }

    if (gone) {
        leave_torn(inspection);
    } else {
        waits.add_to(inspection.looks.back());
        settle_moving(patient, layout, options, clock, inspection);
    }
    finish(inspection);
    if (!gone && options.whose_c_stacks)
        read_c_stacks(patient, layout, options, clock, options.whose_c_stacks(inspection), inspection);
    sources.add_to(inspection.looks.back());
    inspection.total_us = (clock.now_ns() - started) / 1'000;
    return inspection;
}

}  // namespace subint_doctor::capture
