#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "shared_work.h"

namespace subint_doctor::os {
namespace {

// How often each of `count` items was done by the end of finish().
std::vector<int> times_done(std::size_t count) {
    std::vector<int> done(count);  // no two threads may have the same item: ThreadSanitizer would see it
    SharedWork work(count, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++done[i];
    });
    work.finish();
    return done;
}

TEST(SharedWork, EachItemIsDoneOnce) {
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 127U, 128U, 500U, 4'099U}) {
        for (int n = 0; n < 20; ++n) EXPECT_EQ(times_done(count), std::vector<int>(count, 1)) << count;
    }
}

TEST(SharedWork, FewItemsAreDoneByTheCallerAlone) {
    const auto caller = std::this_thread::get_id();
    SharedWork work(100, [&](std::size_t, std::size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
    work.finish();
}

TEST(SharedWork, NothingIsDoneAfterItsEnd) {
    for (int n = 0; n < 50; ++n) {
        std::vector<int> done(1'000);
        {
            const SharedWork work(done.size(), [&](std::size_t begin, std::size_t) { done[begin] = 1; });
        }
        done.clear();  // a helper that runs on would write there
    }
}

}  // namespace
}  // namespace subint_doctor::os
