#include <gtest/gtest.h>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"

namespace subint_doctor::tests {
namespace {

constexpr const char* code = "wakeup-fd-broken";

Snapshot unwatched() {
    Snapshot look = trio_process();
    look.wakeup.watched = look.wakeup.armed = false;
    look.wakeup.epoll_fd.reset();
    look.wakeup.polled_by.clear();
    return look;
}

const Finding* found_in(const Diagnosis& diagnosis) { return find(diagnosis, code); }

TEST(WakeupFdBroken, Closed) {
    Snapshot look = trio_process();
    look.wakeup = {};
    look.wakeup.fd = wakeup_fd;
    look.wakeup.kind = WakeupKind::closed;
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(look));
    EXPECT_EQ(diagnosis.sentence,
              "A signal does not wake the event loop: Python's wakeup fd is 7, and no such descriptor is open.");
    EXPECT_EQ(found_in(diagnosis)->confidence, Confidence::certain);
    EXPECT_EQ(find(diagnosis, "event-loop-idle"), nullptr);
}

TEST(WakeupFdBroken, ReusedForSomethingElse) {
    Snapshot look = trio_process();
    look.wakeup = {};
    look.wakeup.fd = wakeup_fd;
    look.wakeup.kind = WakeupKind::other;
    look.wakeup.link = "/dev/null";
    EXPECT_NE(diagnose::diagnose(looked_at_twice(look)).sentence.find("it is /dev/null"), std::string::npos);
    look.wakeup.link = "socket:[99]";
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look))), nullptr) << "a loop may read a TCP pair";
}

TEST(WakeupFdBroken, PeerGone) {
    Snapshot look = unwatched();
    look.wakeup.has_peer = false;
    look.wakeup.reader_fd.reset();
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look)))->confidence, Confidence::certain);
    look.wakeup.has_peer.reset();
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look))), nullptr);
}

TEST(WakeupFdBroken, ReaderInNoEpollSet) {
    const Diagnosis diagnosis = diagnose::diagnose(looked_at_twice(unwatched()));
    EXPECT_EQ(diagnosis.code, code);
    EXPECT_NE(diagnosis.sentence.find("its reader, fd 6, is in no epoll set"), std::string::npos);
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_once(unwatched())))->confidence, Confidence::likely);
}

TEST(WakeupFdBroken, SilentWhileMainIsNotInItsLoop) {
    Snapshot look = unwatched();
    compute(thread_of(look, main_tid));
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look))), nullptr);
}

TEST(WakeupFdBroken, SilentWhileMainTurns) {
    Inspection inspection = looked_at_twice(unwatched());
    thread_of(inspection.looks[1], main_tid).slices += 1;
    EXPECT_EQ(found_in(diagnose::diagnose(inspection)), nullptr);
}

TEST(WakeupFdBroken, SilentWhereAThreadPollsOrReadsByOtherMeans) {
    Snapshot polling = unwatched();
    sleep_in(add_thread(polling, driver_tid, "signals"), "poll", WaitKind::event_loop, {0x1000, 1, 0xffffffff});
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(polling))), nullptr);
    Snapshot reading = unwatched();
    Thread& reader = add_thread(reading, driver_tid, "signals");
    sleep_in(reader, "read", WaitKind::read, {reader_fd, 0x1000, 1});
    wait_on_fd(reader, reader_fd);
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(reading))), nullptr);
    wait_on_fd(reader, 99);
    EXPECT_NE(found_in(diagnose::diagnose(looked_at_twice(reading))), nullptr);
}

TEST(WakeupFdBroken, SetThatNobodyWaitsOnIsLikely) {
    Snapshot look = trio_process();
    look.wakeup.epoll_fd = 12;
    look.wakeup.polled_by.clear();
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look)))->confidence, Confidence::likely);
    Descriptor outer;
    outer.fd = epoll_fd;
    outer.kind = DescriptorKind::epoll;
    outer.watched.push_back({12, 1, 0});
    look.descriptors.push_back(outer);
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look))), nullptr) << "the set is watched by another one";
}

TEST(WakeupFdBroken, EntryThatIsNotArmedAgainIsLikely) {
    Snapshot look = trio_process();
    look.wakeup.armed = false;
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look)))->confidence, Confidence::likely);
    Inspection inspection = looked_at_twice(look);
    inspection.looks[0].wakeup.armed = true;
    EXPECT_EQ(found_in(diagnose::diagnose(inspection)), nullptr);
}

TEST(WakeupFdBroken, SilentWhereLoopsOpenAndClose) {
    Snapshot look = trio_process();
    look.wakeup = {};
    look.wakeup.fd = wakeup_fd;
    look.wakeup.kind = WakeupKind::closed;
    Inspection ran = looked_at_twice(look);
    thread_of(ran.looks[1], main_tid).slices += 1;
    EXPECT_EQ(found_in(diagnose::diagnose(ran)), nullptr);
    Inspection changed = looked_at_twice(look);
    changed.looks[0].wakeup.kind = WakeupKind::unix_socket;
    EXPECT_EQ(found_in(diagnose::diagnose(changed)), nullptr);
}

TEST(WakeupFdBroken, NoWakeupFdIsNotBroken) {
    Snapshot look = trio_process();
    look.wakeup = {};
    EXPECT_EQ(found_in(diagnose::diagnose(looked_at_twice(look))), nullptr);
}

}  // namespace
}  // namespace subint_doctor::tests
