// The main path: a patient in, everything that was seen of it out.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "subint_doctor/model/result.h"
#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/clock.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

struct CStackWish {
    std::vector<int> tids;
    bool may_wake_sleepers = false;  // hold a thread that sleeps, too, where its stack cannot be followed otherwise
};

// Whose C stacks are wanted too, by what the looks saw.
using CStackChoice = std::function<CStackWish(const Inspection&)>;

struct Options {
    int looks = 2;  // at least 1
    int interval_ms = 27;  // no multiple of the 5 ms switch interval, at which GIL waiters blink
    int max_pause_ms = 50;  // bound of the sum of all stops
    bool may_stop = true;  // --no-block: false
    CStackChoice whose_c_stacks;  // empty: nobody's; asked once, after the looks
    int timeout_ms = 10'000;  // of the whole inspection: no further look or reading begins after it; 0: none
};

// The looks that are finished while capture() still works, for whoever may not wait until it returns. Thread-safe.
class Progress {
public:
    void publish(const Inspection& so_far);
    std::optional<Inspection> latest() const;  // empty: not one look is finished

private:
    mutable std::mutex mutex_;
    std::optional<Inspection> latest_;
};

// Fails with no_such_process, not_permitted, not_python, unsupported_python, or with what kept it from the first look;
// what else cannot be read is a gap. `progress` may be null.
Result<Inspection> capture(const os::Target& patient, const Options& options,
                           const os::Clock& clock = os::system_clock(), Progress* progress = nullptr);

// What was published of an inspection that did not end, made as whole as it can be, with `why` as a gap.
Inspection cut_short(Inspection so_far, std::string why);

}  // namespace subint_doctor::capture
