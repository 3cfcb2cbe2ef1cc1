// How much one look may do. Lists, dicts and line tables each have a bound of their own, but bounds multiply: 16,384
// thread states may each ask for a dict of 65,536 keys. This is what all of them share.
#pragma once

#include <cstdint>

#include "subint_doctor/model/error.h"

namespace subint_doctor::cpython {

struct Work {
    std::uint64_t reads = 0;  // ranges asked of the patient
    std::uint64_t bytes = 0;  // ... and how many bytes
    std::uint64_t steps = 0;  // fields looked at, entries of line tables

    bool within(const Work& limits) const {
        return reads <= limits.reads && bytes <= limits.bytes && steps <= limits.steps;
    }
};

// 500 thread states with 14 frames each take 5,000 reads, 10 MB and 300,000 steps.
constexpr Work look_limits{200'000, 256U << 20, 20'000'000};
// One thread state with 10,000 frames takes a tenth of this.
constexpr Work thread_state_limits{50'000, 64U << 20, 4'000'000};

inline Error work_is_spent() { return {ErrorCode::limit, "reading more of this process than one look may"}; }

}  // namespace subint_doctor::cpython
