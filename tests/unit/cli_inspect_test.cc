#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "child.h"
#include "inspect.h"
#include "published_words.h"
#include "sample_image.h"
#include "small_elf.h"

namespace subint_doctor::cli {
namespace {

// In a child: what the tool takes for a CPython 3.14 with three interpreters.
void become_python() {
    constexpr unsigned minor = 0x030e;
    auto sample = test::make_sample_image(test::recorded_layout(test::sample_runtime, minor));
    test::publish(sample.memory, test::sample_runtime, minor);
    std::vector<std::byte> image(test::sample_size);
    if (!read_exact(sample.memory, test::sample_runtime, image).ok()) abort();
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    auto* const runtime = reinterpret_cast<void*>(test::sample_runtime.value);
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (mmap(runtime, image.size(), PROT_READ | PROT_WRITE, flags, -1, 0) != runtime) abort();
    std::memcpy(runtime, image.data(), image.size());

    test::SmallElf program(test::sample_runtime.value, 300'000);
    program.header.e_type = ET_EXEC;
    const int file = memfd_create("libpython", 0);
    if (write(file, program.bytes().data(), program.bytes().size()) < 0) abort();
    if (mmap(nullptr, program.bytes().size(), PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED) abort();
}

TEST(Inspect, LooksOfTheOtherThreadAreHandedOver) {
    const test::Child child(become_python);
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'S'; }));
    capture::Options options;
    options.looks = 3;
    options.interval_ms = 1;
    const auto inspection = inspect(child.pid(), options);
    ASSERT_TRUE(inspection) << describe(inspection.error());
    EXPECT_EQ(inspection->looks.size(), 3U);
    EXPECT_EQ(inspection->last().python->interpreters.size(), 3U);
}

TEST(Inspect, ItsErrorsToo) {
    const test::Child child([] {});
    for (const int timeout_ms : {0, 10'000}) {
        capture::Options options;
        options.timeout_ms = timeout_ms;
        const auto inspection = inspect(child.pid(), options);
        ASSERT_FALSE(inspection);
        EXPECT_EQ(inspection.error().code, ErrorCode::not_python);
        EXPECT_FALSE(left_a_thread_behind());
    }
}

TEST(Inspect, AProcessThatIsGoneIsAnError) {
    pid_t gone = 0;
    {
        const test::Child child([] {});
        gone = child.pid();
    }
    const auto inspection = inspect(gone, {});
    ASSERT_FALSE(inspection);
    EXPECT_EQ(inspection.error().code, ErrorCode::no_such_process);
}

}  // namespace
}  // namespace subint_doctor::cli
