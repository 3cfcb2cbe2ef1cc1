// Time that passes only when somebody asks for it or sleeps.
#pragma once

#include <algorithm>

#include "subint_doctor/os/clock.h"

namespace subint_doctor::test {

class FakeClock final : public os::Clock {
public:
    std::uint64_t now_ns() const override { return now_ns_ += step_ns; }
    std::int64_t unix_ms() const override { return 0; }
    void sleep_until_ns(std::uint64_t when_ns) const override { now_ns_ = std::max(now_ns_, when_ns); }

private:
    static constexpr std::uint64_t step_ns = 1'000;  // each question takes that long
    mutable std::uint64_t now_ns_ = 1'000'000'000;
};

}  // namespace subint_doctor::test
