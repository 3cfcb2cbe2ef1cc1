#include <gtest/gtest.h>

#include <csignal>

#include "facts.h"
#include "founding_report.h"
#include "subint_doctor/model/nested_states.h"

namespace subint_doctor::report {
namespace {

ThreadState state_at(std::uint64_t address, std::uint64_t anchor) {
    ThreadState state;
    state.address = {address};
    state.tid = 1;
    state.stack_anchor = {anchor};
    return state;
}

std::vector<std::uint64_t> order_of(std::vector<ThreadState> states) {
    Python python;
    python.interpreters.emplace_back();
    python.interpreters[0].thread_states = std::move(states);
    std::vector<std::uint64_t> addresses;
    const StatesByTid by_tid = states_by_tid(python);
    for (const ThreadState* state : by_tid.at(1)) addresses.push_back(state->address.value);
    return addresses;
}

TEST(StatesByTid, TheLowerAnchorIsTheInnerState) {
    EXPECT_EQ(order_of({state_at(1, 0x900), state_at(2, 0x100), state_at(3, 0x500)}),
              (std::vector<std::uint64_t>{2, 3, 1}));
}

TEST(StatesByTid, AttachedComesFirstThenBoundThenThoseWithAnAnchor) {
    ThreadState attached = state_at(3, 0);
    attached.status = ThreadStatus::attached;
    ThreadState bound = state_at(4, 0x900);
    bound.bound_gilstate = true;
    EXPECT_EQ(order_of({state_at(1, 0), state_at(2, 0x100), attached, bound}),
              (std::vector<std::uint64_t>{3, 4, 2, 1}));
}

TEST(Orphans, AreStatesWithoutAThread) {
    Inspection inspection = test::founding_inspection();
    Python& python = *inspection.looks.back().python;
    EXPECT_TRUE(orphans(python).empty());
    python.interpreters[1].thread_states[0].tid.reset();
    ASSERT_EQ(orphans(python).size(), 1U);
    EXPECT_EQ(orphans(python)[0], &python.interpreters[1].thread_states[0]);
}

TEST(Waiters, AreThoseOfAllLooksOnceAndNeverTheHolder) {
    Inspection inspection = test::founding_inspection();
    inspection.looks[0].python->gils[0].waiters = {9, 4244, 7};
    inspection.looks[1].python->gils[0].waiters = {7, 8};
    EXPECT_EQ(waiters_in_any_look(inspection, inspection.last().python->gils[0]), (std::vector<int>{7, 8, 9}));
}

TEST(Waiters, OfAnotherGilAreNotCounted) {
    Inspection inspection = test::founding_inspection();
    inspection.looks[0].python->gils[0].address = {0x6000};
    inspection.looks[1].python->gils[0].waiters.clear();
    EXPECT_TRUE(waiters_in_any_look(inspection, inspection.last().python->gils[0]).empty());
}

TEST(SigintDisposition, IgnoredDefaultOtherAndPython) {
    Snapshot look = test::founding_inspection().last();
    EXPECT_EQ(sigint_disposition(look), "python");
    look.python->signals.sigint_handler = "SIG_DFL";
    EXPECT_EQ(sigint_disposition(look), "other-handler");
    look.process.caught = {};
    EXPECT_EQ(sigint_disposition(look), "default");
    look.process.ignored.bits = 1U << (SIGINT - 1);
    EXPECT_EQ(sigint_disposition(look), "ignored");
}

}  // namespace
}  // namespace subint_doctor::report
