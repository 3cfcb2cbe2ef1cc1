#include <gtest/gtest.h>

#include "fake_target.h"
#include "wakeup_chain.h"

namespace subint_doctor::capture {
namespace {

constexpr int writer = 7;
constexpr int reader = 6;
constexpr int epoll = 5;
constexpr std::uint64_t writer_inode = 70;
constexpr std::uint64_t reader_inode = 60;

Descriptor unix_socket(int fd, std::uint64_t inode, std::uint64_t peer, std::uint64_t unread, std::uint64_t charged) {
    Descriptor descriptor;
    descriptor.fd = fd;
    descriptor.kind = DescriptorKind::unix_socket;
    descriptor.inode = inode;
    descriptor.peer_inode = peer;
    descriptor.unread_bytes = unread;
    descriptor.charged_bytes = charged;
    descriptor.send_limit_bytes = 4608;
    return descriptor;
}

Descriptor pipe_end(int fd, bool readable) {
    Descriptor descriptor;
    descriptor.fd = fd;
    descriptor.kind = DescriptorKind::pipe;
    descriptor.inode = writer_inode;
    descriptor.readable = readable;
    descriptor.writable = !readable;
    return descriptor;
}

// The founding hang's chain: trio's socket pair with `unread` bytes, its reader in main's epoll set.
class WakeupChainTest : public testing::Test {
protected:
    WakeupChainTest() {
        look_.process.pid = 4242;
        look_.python.emplace();
        look_.python->signals.wakeup_fd = writer;
        Thread& main = look_.threads.emplace_back();
        main.tid = 4242;
        main.wait = wait_on(WaitKind::event_loop, resource_of(ResourceKind::descriptor, epoll));
        Descriptor set;
        set.fd = epoll;
        set.kind = DescriptorKind::epoll;
        set.watched = {{reader, 0x19, reader_inode}};
        look_.descriptors = {set};
    }

    void queue_in_socket(std::uint64_t sends) {
        look_.descriptors.push_back(unix_socket(reader, reader_inode, writer_inode, sends, 0));
        look_.descriptors.push_back(unix_socket(writer, writer_inode, reader_inode, 0, sends * 768));
    }

    WakeupChain follow() { return follow_wakeup_chain(patient_, look_, gaps_); }

    test::FakeTarget patient_;
    Snapshot look_;
    std::vector<Gap> gaps_;
};

TEST_F(WakeupChainTest, SixOfSixIsFull) {
    queue_in_socket(6);
    const WakeupChain chain = follow();
    EXPECT_EQ(chain.kind, WakeupKind::unix_socket);
    EXPECT_EQ(chain.queued_writes, 6U);
    EXPECT_EQ(chain.capacity_writes, 6U);
    EXPECT_EQ(chain.queued_bytes, 6U);
    EXPECT_EQ(chain.full, true);
    EXPECT_EQ(chain.has_peer, true);
    EXPECT_EQ(chain.reader_fd, reader);
    EXPECT_EQ(chain.reader_pid, 4242);
    EXPECT_TRUE(chain.watched && chain.armed);
    EXPECT_EQ(chain.polled_by, (std::vector<WakeupPoller>{{4242, epoll}}));
    EXPECT_TRUE(gaps_.empty());
}

TEST_F(WakeupChainTest, FiveOfSixIsNotFull) {
    queue_in_socket(5);
    EXPECT_EQ(follow().full, false);
    EXPECT_EQ(follow().queued_writes, 5U);
}

TEST_F(WakeupChainTest, WithoutTheChargeOfASendNothingIsCounted) {
    queue_in_socket(6);
    patient_.charge.reset();
    const WakeupChain chain = follow();
    EXPECT_FALSE(chain.queued_writes || chain.capacity_writes || chain.full);
    ASSERT_EQ(gaps_.size(), 1U);
    EXPECT_TRUE(gaps_[0].needed);
}

TEST_F(WakeupChainTest, AOneShotEntryThatFiredIsNotArmed) {
    queue_in_socket(1);
    look_.descriptors[0].watched[0].events = 0x40000000;
    EXPECT_TRUE(follow().watched);
    EXPECT_FALSE(follow().armed);
}

TEST_F(WakeupChainTest, AnEntryForAnOlderFileOfThatNumberIsNotTheReader) {
    queue_in_socket(1);
    look_.descriptors[0].watched[0].inode = 999;
    EXPECT_FALSE(follow().watched);
}

TEST_F(WakeupChainTest, ADuplicateOfTheReaderInTheSetIsTheReader) {
    queue_in_socket(1);
    look_.descriptors[0].watched[0].fd = 30;
    EXPECT_TRUE(follow().watched && follow().armed);
    EXPECT_EQ(follow().polled_by, (std::vector<WakeupPoller>{{4242, epoll}}));
}

TEST_F(WakeupChainTest, ASocketWhosePeerIsGone) {
    look_.descriptors.push_back(unix_socket(writer, writer_inode, 0, 0, 0));
    EXPECT_EQ(follow().has_peer, false);
    EXPECT_FALSE(follow().reader_fd);
}

TEST_F(WakeupChainTest, AReaderInAnotherProcess) {
    look_.descriptors.push_back(unix_socket(writer, writer_inode, reader_inode, 0, 768));
    patient_.holders[reader_inode] = {4300, 12};
    const WakeupChain chain = follow();
    EXPECT_EQ(chain.reader_pid, 4300);
    EXPECT_EQ(chain.reader_fd, 12);
    EXPECT_TRUE(chain.polled_by.empty());
}

TEST_F(WakeupChainTest, APipeIsFullWhenNoByteFits) {
    look_.descriptors.push_back(pipe_end(reader, true));
    look_.descriptors.push_back(pipe_end(writer, false));
    patient_.pipes[writer] = {65536, 65536, false};
    EXPECT_EQ(follow().full, true);
    EXPECT_EQ(follow().reader_fd, reader);
    patient_.pipes[writer] = {61440, 65536, false};
    EXPECT_EQ(follow().full, false);
    patient_.pipes[writer] = {61441, 65536, false};
    EXPECT_FALSE(follow().full) << "its last page may hold bytes that were read";
    patient_.pipes[writer] = {16, 65536, true};
    EXPECT_EQ(follow().full, true) << "a packet takes a page";
}

TEST_F(WakeupChainTest, APipeWithoutAnyReader) {
    look_.descriptors.push_back(pipe_end(writer, false));
    patient_.pipes[writer] = {1, 65536, false};
    EXPECT_EQ(follow().has_peer, false);
    EXPECT_FALSE(follow().reader_fd);
}

TEST_F(WakeupChainTest, AClosedFdAndNone) {
    EXPECT_EQ(follow().kind, WakeupKind::closed);
    look_.python->signals.wakeup_fd = -1;
    EXPECT_EQ(follow().kind, WakeupKind::none);
}

TEST_F(WakeupChainTest, AnEventfdIsAKnownKindWithoutCounts) {
    Descriptor counter;
    counter.fd = writer;
    counter.kind = DescriptorKind::eventfd;
    look_.descriptors.push_back(counter);
    EXPECT_EQ(follow().kind, WakeupKind::eventfd);
    EXPECT_FALSE(follow().capacity_writes);
}

}  // namespace
}  // namespace subint_doctor::capture
