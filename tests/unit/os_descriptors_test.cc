#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "child.h"
#include "descriptors.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {
namespace {

std::uint64_t inode_of(int fd) {
    struct stat facts {};
    return fstat(fd, &facts) == 0 ? facts.st_ino : 0;
}

TEST(DescriptorLinks, TellTheKind) {
    EXPECT_EQ(kind_of_link("socket:[4711]"), DescriptorKind::other_socket);
    EXPECT_EQ(kind_of_link("pipe:[4711]"), DescriptorKind::pipe);
    EXPECT_EQ(kind_of_link("anon_inode:[eventfd]"), DescriptorKind::eventfd);
    EXPECT_EQ(kind_of_link("anon_inode:[eventpoll]"), DescriptorKind::epoll);
    EXPECT_EQ(kind_of_link("anon_inode:[pidfd]"), DescriptorKind::pidfd);
    EXPECT_EQ(kind_of_link("anon_inode:[timerfd]"), DescriptorKind::other);
    EXPECT_EQ(kind_of_link("/memfd:socket:[1] (deleted)"), DescriptorKind::file);
    EXPECT_EQ(kind_of_link(""), DescriptorKind::other);
}

TEST(DescriptorLinks, TellTheInodeOfSocketsAndPipes) {
    EXPECT_EQ(inode_of_link("socket:[4711]"), 4711U);
    EXPECT_EQ(inode_of_link("pipe:[12]"), 12U);
    for (const std::string_view link : {"socket:[", "socket:[]", "socket:[x]", "socket:[1", "/tmp/[5]", ""}) {
        EXPECT_EQ(inode_of_link(link), link == "socket:[1" ? 1U : 0U) << link;
    }
}

TEST(EpollFdinfo, TellsWhatIsWatched) {
    const auto target =
        parse_epoll_line("tfd:        4 events:       19 data:       700000004  pos:0 ino:7ec25 sdev:8");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->fd, 4);
    EXPECT_EQ(target->events, 0x19U);
    EXPECT_EQ(target->inode, 0x7ec25U);
    const auto other = parse_epoll_line("tfd:       12 events: c0000019 data: ffffffffffffffff  pos:-1 ino:0 sdev:e");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->fd, 12);
    EXPECT_EQ(other->events, 0xc0000019U);
    for (const char* line : {"pos:\t0", "flags:\t02", "mnt_id:\t15", "ino:\t2099"})
        EXPECT_FALSE(parse_epoll_line(line));
}

TEST(EpollFdinfo, CutLinesAreSurvived) {
    EXPECT_FALSE(parse_epoll_line(""));
    EXPECT_EQ(parse_epoll_line("tfd:")->fd, -1);
    EXPECT_EQ(parse_epoll_line("tfd: 4 events:")->events, 0U);
    EXPECT_EQ(parse_epoll_line("tfd: 4 ino:")->inode, 0U);
}

// Everything is made here and inherited, so that the numbers and inodes are known.
class DescriptorTable : public testing::Test {
protected:
    const Descriptor& fd(int number) {
        const auto found = std::ranges::find(table_, number, &Descriptor::fd);
        static const Descriptor none;
        EXPECT_NE(found, table_.end()) << "no fd " << number;
        return found == table_.end() ? none : *found;
    }

    void look() {
        child_ = std::make_unique<test::Child>([] {});
        auto opened = open_live(child_->pid());
        ASSERT_TRUE(opened) << describe(opened.error());
        patient_ = std::move(*opened);
        auto table = patient_->descriptors(unread_);
        ASSERT_TRUE(table) << describe(table.error());
        table_ = std::move(*table);
    }

    std::unique_ptr<test::Child> child_;
    std::unique_ptr<LiveTarget> patient_;
    std::vector<Descriptor> table_;
    std::vector<Unread> unread_;
};

TEST_F(DescriptorTable, AFullUnixSocketIsToldInTheKernelsUnits) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const File writer(ends[0]);
    const File reader(ends[1]);
    const int smallest = 1;
    ASSERT_EQ(setsockopt(writer.fd(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest)), 0);
    std::uint64_t sends = 0;
    while (send(writer.fd(), "x", 1, 0) == 1) ++sends;
    look();

    const Descriptor& full = fd(writer.fd());
    const std::uint64_t charge = patient_->charge_per_send().value_or(0);
    EXPECT_EQ(full.kind, DescriptorKind::unix_socket);
    EXPECT_EQ(full.inode, inode_of(writer.fd()));
    EXPECT_EQ(full.peer_inode, inode_of(reader.fd()));
    EXPECT_EQ(full.charged_bytes, sends * charge);
    EXPECT_GE(full.charged_bytes, full.send_limit_bytes);
    EXPECT_LT(*full.charged_bytes - charge, *full.send_limit_bytes);
    EXPECT_EQ(fd(reader.fd()).unread_bytes, sends);
    EXPECT_TRUE(unread_.empty());
}

TEST_F(DescriptorTable, AClosedPeerIsNone) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const File kept(ends[0]);
    close(ends[1]);
    look();
    EXPECT_EQ(fd(kept.fd()).kind, DescriptorKind::unix_socket);
    EXPECT_EQ(fd(kept.fd()).peer_inode, 0U);
}

TEST_F(DescriptorTable, OtherSocketsAreNotUnixSockets) {
    const File socket(::socket(AF_INET, SOCK_DGRAM, 0));
    look();
    EXPECT_EQ(fd(socket.fd()).kind, DescriptorKind::other_socket);
    EXPECT_FALSE(fd(socket.fd()).peer_inode);
}

TEST_F(DescriptorTable, APipeHasTwoEndsAndAQueue) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_NONBLOCK), 0);
    const File reader(ends[0]);
    const File writer(ends[1]);
    ASSERT_EQ(write(writer.fd(), "abc", 3), 3);
    look();
    EXPECT_EQ(fd(reader.fd()).kind, DescriptorKind::pipe);
    EXPECT_EQ(fd(reader.fd()).inode, inode_of(writer.fd()));
    EXPECT_TRUE(fd(reader.fd()).readable && !fd(reader.fd()).writable);
    EXPECT_TRUE(!fd(writer.fd()).readable && fd(writer.fd()).writable);
    const auto queue = patient_->pipe_queue(writer.fd());
    ASSERT_TRUE(queue) << describe(queue.error());
    EXPECT_EQ(queue->unread_bytes, 3U);
    EXPECT_EQ(queue->capacity_bytes, static_cast<std::uint64_t>(fcntl(writer.fd(), F_GETPIPE_SZ)));
    EXPECT_FALSE(queue->packet_mode);
    EXPECT_EQ(patient_->pipe_queue(reader.fd())->unread_bytes, 3U);
}

TEST_F(DescriptorTable, APacketPipeSaysSo) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_DIRECT), 0);
    const File reader(ends[0]);
    const File writer(ends[1]);
    look();
    EXPECT_TRUE(patient_->pipe_queue(writer.fd())->packet_mode);
}

TEST_F(DescriptorTable, WhatIsNoPipeHasNoQueue) {
    const File file(open("/dev/null", O_WRONLY));
    look();
    EXPECT_EQ(fd(file.fd()).kind, DescriptorKind::file);
    EXPECT_TRUE(!fd(file.fd()).readable && fd(file.fd()).writable);
    EXPECT_FALSE(patient_->pipe_queue(file.fd()));
    EXPECT_FALSE(patient_->pipe_queue(99'999));
}

TEST_F(DescriptorTable, AnEpollSetTellsWhatItWatches) {
    const File counter(eventfd(0, 0));
    const File set(epoll_create1(0));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    ASSERT_EQ(epoll_ctl(set.fd(), EPOLL_CTL_ADD, counter.fd(), &event), 0);
    look();
    EXPECT_EQ(fd(counter.fd()).kind, DescriptorKind::eventfd);
    EXPECT_EQ(fd(set.fd()).kind, DescriptorKind::epoll);
    ASSERT_EQ(fd(set.fd()).watched.size(), 1U);
    const EpollTarget& watched = fd(set.fd()).watched[0];
    EXPECT_EQ(watched.fd, counter.fd());
    EXPECT_EQ(watched.inode, inode_of(counter.fd()));
    EXPECT_EQ(watched.events & (EPOLLIN | EPOLLET), EPOLLIN | EPOLLET);
}

TEST_F(DescriptorTable, IsSortedByNumber) {
    look();
    EXPECT_TRUE(std::ranges::is_sorted(table_, {}, &Descriptor::fd));
}

TEST_F(DescriptorTable, AReaderInAnotherProcessIsFound) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const int reader = ends[0];
    const File writer(ends[1]);
    const test::Child other([&] { close(writer.fd()); });
    close(reader);
    look();
    const std::uint64_t inode = inode_of(writer.fd());
    const auto holder = patient_->find_holder(DescriptorKind::pipe, inode);
    ASSERT_TRUE(holder) << describe(holder.error());
    EXPECT_EQ(holder->pid, other.pid());
    EXPECT_EQ(holder->fd, reader);
}

TEST_F(DescriptorTable, AWriterElsewhereIsNoReader) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const std::uint64_t inode = inode_of(ends[1]);
    close(ends[0]);
    const test::Child writer([] {});
    close(ends[1]);
    look();
    const auto holder = patient_->find_holder(DescriptorKind::pipe, inode);
    ASSERT_FALSE(holder);
    EXPECT_EQ(holder.error().code, ErrorCode::unreadable);
}

}  // namespace
}  // namespace subint_doctor::os
