// Time, so that tests can own it.
#pragma once

#include <cstdint>

namespace subint_doctor::os {

class Clock {
public:
    virtual ~Clock() = default;
    virtual std::uint64_t now_ns() const = 0;  // CLOCK_MONOTONIC
    virtual std::int64_t unix_ms() const = 0;  // wall clock, for the report only
    virtual void sleep_until_ns(std::uint64_t when_ns) const = 0;  // CLOCK_MONOTONIC; returns at once for the past
};

// The machine's own; lives for ever.
const Clock& system_clock();

}  // namespace subint_doctor::os
