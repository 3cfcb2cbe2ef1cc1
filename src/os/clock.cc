#include "subint_doctor/os/clock.h"

#include <cerrno>
#include <ctime>

namespace subint_doctor::os {
namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;

std::uint64_t read_clock(clockid_t id) {
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * ns_per_s + static_cast<std::uint64_t>(now.tv_nsec);
}

class SystemClock final : public Clock {
public:
    std::uint64_t now_ns() const override { return read_clock(CLOCK_MONOTONIC); }
    std::int64_t unix_ms() const override { return static_cast<std::int64_t>(read_clock(CLOCK_REALTIME) / 1'000'000); }
    void sleep_until_ns(std::uint64_t when_ns) const override {
        timespec until{};
        until.tv_sec = static_cast<time_t>(when_ns / ns_per_s);
        until.tv_nsec = static_cast<long>(when_ns % ns_per_s);
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
        }
    }
};

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

}  // namespace subint_doctor::os
