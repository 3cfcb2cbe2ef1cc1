#include <gtest/gtest.h>

#include "join.h"

namespace subint_doctor::capture {
namespace {

constexpr Address main_state{0x1000};
constexpr Address driver_state{0x2000};
constexpr Address gil_condition{0x5020};

Thread sleeping(int tid, int namespace_tid, const std::string& call, std::uint64_t first_argument) {
    Thread thread;
    thread.tid = tid;
    thread.namespace_tid = namespace_tid;
    thread.state = 'S';
    thread.syscall = Syscall{202, call, {first_argument}, {}, {}};
    return thread;
}

ThreadState state_of(Address address, int namespace_tid, const char* name) {
    ThreadState state;
    state.address = address;
    state.namespace_tid = namespace_tid;
    state.python_name = name;
    return state;
}

// Two threads in a container: tids 101 and 102 here, 1 and 2 inside; the second one's state runs interpreter 1.
Snapshot founding_hang() {
    Snapshot look;
    look.threads = {sleeping(101, 1, "futex", gil_condition.value + 8), sleeping(102, 2, "read", 0)};
    Interpreter sub{1, {0x9000}, InterpreterKind::legacy, "stdlib", 0, false, false, driver_state, {}, {}};
    sub.thread_states = {state_of(driver_state, 2, "driver")};
    Interpreter main{0, {0x8000}, InterpreterKind::main, "runtime", 0, false, false, main_state, {}, {}};
    main.thread_states = {state_of(main_state, 1, "MainThread")};
    Gil gil;
    gil.id = 0;
    gil.locked = true;
    gil.holder = driver_state;
    gil.last_holder = driver_state;
    gil.last_holder_alive = true;
    gil.condition = {gil_condition, 48};
    look.python.emplace();
    look.python->main_thread_state = main_state;
    look.python->interpreters = {sub, main};
    look.python->gils = {gil};
    return look;
}

TEST(JoinThreads, MatchesByTheNumberThatThePatientKnows) {
    Snapshot look = founding_hang();
    join_threads(look);
    EXPECT_EQ(look.python->interpreters[0].thread_states[0].tid, 102);
    EXPECT_EQ(look.python->interpreters[1].thread_states[0].tid, 101);
    EXPECT_EQ(look.python->interpreters[0].running_main_tid, 102);
    EXPECT_EQ(look.python->main_tid, 101);
    EXPECT_EQ(look.python->gils[0].holder_tid, 102);
    EXPECT_EQ(look.python->gils[0].last_holder_tid, 102);
    EXPECT_EQ(look.threads[1].python_name, "driver");
}

TEST(JoinThreads, AGilWaiterIsKnownByItsFutex) {
    Snapshot look = founding_hang();
    join_threads(look);
    EXPECT_EQ(look.python->gils[0].waiters, std::vector<int>{101});
}

TEST(JoinThreads, AFutexBesideTheConditionIsNoWaiter) {
    Snapshot look = founding_hang();
    look.threads[0].syscall->args[0] = gil_condition.value + 48;
    join_threads(look);
    EXPECT_TRUE(look.python->gils[0].waiters.empty());
}

TEST(JoinThreads, AThreadStateWhoseThreadIsGoneKeepsNoTid) {
    Snapshot look = founding_hang();
    look.threads.pop_back();
    join_threads(look);
    EXPECT_FALSE(look.python->interpreters[0].thread_states[0].tid);
    EXPECT_FALSE(look.python->gils[0].holder_tid);
}

TEST(JoinThreads, AFreedLastHolderIsNotFollowed) {
    Snapshot look = founding_hang();
    look.python->gils[0].last_holder_alive = false;
    look.python->gils[0].holder.reset();
    join_threads(look);
    EXPECT_FALSE(look.python->gils[0].last_holder_tid);
}

TEST(JoinThreads, TheMainInterpretersNameForAThreadWins) {
    Snapshot look = founding_hang();
    look.python->interpreters[0].thread_states.push_back(state_of({0x2100}, 1, "Dummy-1"));
    join_threads(look);
    EXPECT_EQ(look.threads[0].python_name, "MainThread");
}

}  // namespace
}  // namespace subint_doctor::capture
