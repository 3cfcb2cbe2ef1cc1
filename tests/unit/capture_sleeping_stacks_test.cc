#include <gtest/gtest.h>

#include "fake_target.h"
#include "sleeping_stacks.h"

namespace subint_doctor::capture {
namespace {

constexpr Address stack{0x70000};
constexpr Address stack_end{0x78000};

Mapping writable(Address start, Address end) {
    Mapping mapping;
    mapping.start = start;
    mapping.end = end;
    mapping.readable = mapping.writable = true;
    return mapping;
}

Thread sleeper(int tid, Address stack_pointer) {
    Thread thread;
    thread.tid = tid;
    thread.state = 'S';
    thread.slices = 3;
    thread.syscall.emplace();
    thread.syscall->stack_pointer = stack_pointer;
    return thread;
}

class SleepingStacks : public testing::Test {
protected:
    SleepingStacks() {
        mapping_ = writable(stack, stack_end);
        patient_.fake_memory.put(stack, std::vector<std::byte>(stack_end.value - stack.value, std::byte{7}));
        look_ = {sleeper(1, stack_end - 0x1000), sleeper(2, stack_end - 0x2000)};
        patient_.threads_of_looks = {look_};
    }

    // Which of them were copied while `now` is how the threads are afterwards.
    BytesByTid copy(std::vector<Thread> now, std::uint64_t most = StackAreas::largest_copy) {
        patient_.threads_of_looks = {std::move(now)};
        const std::vector<const Thread*> wanted = {&look_[0], &look_[1]};
        return copy_sleeping_stacks(patient_, StackAreas({&mapping_, 1}), look_, wanted, most);
    }

    Mapping mapping_;
    test::FakeTarget patient_;
    std::vector<Thread> look_;
};

TEST_F(SleepingStacks, AreCopiedFromBelowTheirPointerToTheirBase) {
    const BytesByTid copies = copy(look_);
    ASSERT_EQ(copies.size(), 2U);
    const std::uint64_t below = StackAreas({&mapping_, 1}).from(stack_end - 0x1000).size - 0x1000;
    EXPECT_EQ(copies.at(1).size(), 0x1000 + below);
    EXPECT_EQ(copies.at(2).size(), 0x2000 + below);
    EXPECT_EQ(copies.at(1).front(), std::byte{7});
    EXPECT_TRUE(patient_.held.empty());
}

TEST_F(SleepingStacks, OfALongOneTheInnerEndIsCopied) { EXPECT_EQ(copy(look_, 0x100).at(2).size(), 0x100U); }

TEST_F(SleepingStacks, WhoeverRanMeanwhileIsNotBelieved) {
    std::vector<Thread> now = look_;
    now[0].slices = 4;
    EXPECT_FALSE(copy(now).contains(1)) << "it was put on a CPU";
    now = look_;
    now[0].syscall->stack_pointer = stack_end - 0x1010;
    EXPECT_FALSE(copy(now).contains(1)) << "it is somewhere else";
    now = look_;
    now[0].syscall.reset();
    now[0].on_cpu = true;
    EXPECT_FALSE(copy(now).contains(1)) << "it runs";
    now = {look_[1]};
    EXPECT_FALSE(copy(now).contains(1)) << "it is gone";
    EXPECT_TRUE(copy(now).contains(2));
}

TEST_F(SleepingStacks, WhoeverRanDuringTheLookIsNoSleeper) {
    look_[0].ran_while_read = true;
    EXPECT_FALSE(copy(look_).contains(1));
}

TEST_F(SleepingStacks, APointerIntoNoStackGivesNothing) {
    look_[0].syscall->stack_pointer = {0x10};
    const BytesByTid copies = copy(look_);
    EXPECT_TRUE(!copies.contains(1) || copies.at(1).empty());
}

TEST(StackAreas, AreWhatIsWritable) {
    Mapping code = writable({0x1000}, {0x2000});
    code.writable = false;
    const std::vector<Mapping> mappings = {code, writable({0x3000}, {0x5000})};
    const StackAreas areas(mappings);
    EXPECT_EQ(areas.from({0x1800}).size, 0U);
    EXPECT_EQ(areas.from({0x5000}).size, 0U);
    EXPECT_EQ(areas.from({0x3008}).start, Address{0x3000}) << "not below the mapping";
    const AddressRange whole = areas.from({0x4000});
    EXPECT_EQ(whole.start + whole.size, Address{0x5000});
    EXPECT_LE(whole.start, Address{0x4000});
}

}  // namespace
}  // namespace subint_doctor::capture
