#include <gtest/gtest.h>

#include "join.h"

namespace subint_doctor::capture {
namespace {

constexpr int holder_tid = 9;
constexpr int waiter_tid = 7;
constexpr std::uint64_t ms = 1'000'000;

Thread thread(int tid, WaitKind kind) {
    Thread found;
    found.tid = tid;
    found.wait.kind = kind;
    return found;
}

// Thread 9 holds GIL 0, thread 7 waits for it.
Snapshot look_at(std::uint64_t when_ns) {
    Snapshot look;
    look.started_ns = when_ns;
    look.threads = {thread(waiter_tid, WaitKind::gil), thread(holder_tid, WaitKind::running)};
    look.threads[0].wait = wait_on(WaitKind::gil, resource_of(ResourceKind::gil, 0));
    Gil gil;
    gil.id = 0;
    gil.address = {0x5000};
    gil.holder_tid = holder_tid;
    gil.waiters = {waiter_tid};
    ThreadState state;
    state.tid = waiter_tid;
    state.frames_fingerprint = 1;
    Interpreter main;
    main.thread_states = {state};
    look.python.emplace();
    look.python->gils = {gil};
    look.python->interpreters = {main};
    return look;
}

class JoinLooks : public testing::Test {
protected:
    JoinLooks() { inspection_.looks = {look_at(0), look_at(27 * ms)}; }

    void is_awake_in(std::size_t n) {
        inspection_.looks[n].threads[0].wait = {};
        inspection_.looks[n].threads[0].wait.kind = WaitKind::running;
        inspection_.looks[n].python->gils[0].waiters.clear();
    }
    const std::vector<int>& waiters(std::size_t n) { return inspection_.looks[n].python->gils[0].waiters; }

    Inspection inspection_;
};

TEST_F(JoinLooks, AWaiterThatWasMetAwakeWaits) {
    for (const std::size_t n : {0U, 1U}) {
        inspection_.looks = {look_at(0), look_at(27 * ms)};
        is_awake_in(n);
        inspection_.looks[1].threads[0].run_ns = ms / 10;
        join_looks(inspection_);
        EXPECT_EQ(waiters(n), std::vector<int>{waiter_tid});
        const Wait& wait = inspection_.looks[n].threads[0].wait;
        EXPECT_EQ(wait.kind, WaitKind::gil);
        EXPECT_EQ(wait.gil(), 0);
        EXPECT_EQ(wait.owner_tid, holder_tid);
    }
}

TEST_F(JoinLooks, OneThatRanHasHadTheGil) {
    is_awake_in(1);
    inspection_.looks[1].threads[0].run_ns = 5 * ms;
    join_looks(inspection_);
    EXPECT_TRUE(waiters(1).empty());
    EXPECT_EQ(inspection_.looks[1].threads[0].wait.kind, WaitKind::running);
}

TEST_F(JoinLooks, OneWithOtherFramesHasHadTheGil) {
    is_awake_in(1);
    inspection_.looks[1].python->interpreters[0].thread_states[0].frames_fingerprint = 2;
    join_looks(inspection_);
    EXPECT_TRUE(waiters(1).empty());
}

TEST_F(JoinLooks, OneThatHoldsTheGilNowDoesNotWait) {
    is_awake_in(1);
    inspection_.looks[1].python->gils[0].holder_tid = waiter_tid;
    join_looks(inspection_);
    EXPECT_TRUE(waiters(1).empty());
}

TEST_F(JoinLooks, AWaiterThatHasEndedIsNoWaiterOfAnyLook) {
    inspection_.looks[1].threads.erase(inspection_.looks[1].threads.begin());
    inspection_.looks[1].python->gils[0].waiters.clear();
    join_looks(inspection_);
    EXPECT_TRUE(waiters(0).empty());
}

}  // namespace
}  // namespace subint_doctor::capture
