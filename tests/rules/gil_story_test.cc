// Who wants a GIL, from looks that may each have met him awake.
#include <gtest/gtest.h>

#include "case.h"
#include "case_builder.h"

namespace subint_doctor::tests {
namespace {

// The founding hang, with main met awake in both looks: it woke five times between them, for 10 us each.
Inspection main_blinks() {
    Snapshot look = founding_hang();
    compute(thread_of(look, main_tid));
    Inspection inspection = looked_at_twice(look);
    Thread& main = thread_of(inspection.looks[1], main_tid);
    main.run_ns = thread_of(inspection.looks[0], main_tid).run_ns + 50'000;
    return inspection;
}

std::vector<int> waiters_in(const Inspection& inspection) { return diagnose::open_case(inspection).gils[0].waiters; }

TEST(GilStory, ThreadThatOnlyBlinksIsAWaiter) { EXPECT_EQ(waiters_in(main_blinks()), std::vector<int>{main_tid}); }

TEST(GilStory, ThreadThatComputesWithoutTheGilIsNone) {
    Inspection inspection = main_blinks();
    thread_of(inspection.looks[1], main_tid).run_ns += 20'000'000;
    EXPECT_TRUE(waiters_in(inspection).empty());
}

TEST(GilStory, ThreadThatWokeOnceIsNone) {
    Inspection inspection = main_blinks();
    thread_of(inspection.looks[1], main_tid).slices -= 4;
    EXPECT_TRUE(waiters_in(inspection).empty());
}

TEST(GilStory, OneLookSeesOnlyWhoSleeps) {
    Inspection inspection = main_blinks();
    inspection.looks.erase(inspection.looks.begin());
    EXPECT_TRUE(waiters_in(inspection).empty());
}

TEST(GilStory, ThreadStateThatSaysSoIsAWaiter) {
    Snapshot look = founding_hang();
    innermost_of(look, main_tid).gil_requested = true;
    EXPECT_EQ(waiters_in(looked_at_once(look)), std::vector<int>{main_tid});
}

TEST(GilStory, HolderIsSteadyOnlyWithTheSameSwitchNumber) {
    Inspection inspection = looked_at_twice(founding_hang());
    EXPECT_EQ(diagnose::open_case(inspection).gils[0].holder, driver_tid);
    inspection.looks[1].python->gils[0].switch_number += 3;
    EXPECT_EQ(diagnose::open_case(inspection).gils[0].holder, std::nullopt);
    EXPECT_EQ(diagnose::open_case(inspection).gils[0].switches, 3U);
}

}  // namespace
}  // namespace subint_doctor::tests
