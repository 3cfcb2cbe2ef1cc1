#include <gtest/gtest.h>

#include "subint_doctor/model/wait_text.h"
#include "waits.h"

namespace subint_doctor::capture {
namespace {

Thread in_syscall(const std::string& name, std::uint64_t first_argument) {
    Thread thread;
    thread.tid = 7;
    thread.state = 'S';
    thread.syscall = Syscall{1, name, {first_argument}, {0x7f0000001000}, {}};
    return thread;
}

Snapshot look_at(Thread thread) {
    Snapshot look;
    look.python.emplace();
    look.threads = {std::move(thread)};
    return look;
}

Wait wait_of(Snapshot look) {
    classify_waits(look);
    return look.threads.front().wait;
}

std::string words_of(Snapshot look) {
    classify_waits(look);
    return describe_wait(look.threads.front());
}

// A thread state of thread 7 whose innermost frame is `name` in `file`.
void add_frame(Snapshot& look, const std::string& name, const std::string& file) {
    look.python->codes.push_back({{0x1}, name, name, file, 1});
    ThreadState state;
    state.tid = 7;
    state.frames = {Frame{0, 1, 0}};
    Interpreter main;
    main.thread_states = {state};
    look.python->interpreters = {main};
}

TEST(ClassifyWaits, TheGilBeforeAnythingElse) {
    Snapshot look = look_at(in_syscall("futex", 0x5020));
    Gil gil;
    gil.id = 3;
    gil.holder_tid = 9;
    gil.waiters = {7};
    look.python->gils = {gil};
    const Wait wait = wait_of(look);
    EXPECT_EQ(wait.kind, WaitKind::gil);
    EXPECT_EQ(wait.gil(), 3);
    EXPECT_EQ(wait.owner_tid, 9);
    EXPECT_EQ(words_of(look), "GIL 3, held by 9");
}

TEST(ClassifyWaits, ASemaphoreOnItsOwnStackIsAPythonLock) {
    EXPECT_EQ(wait_of(look_at(in_syscall("futex", 0x7f0000001200))).kind, WaitKind::lock);
}

TEST(ClassifyWaits, AnyOtherFutexIsNative) {
    EXPECT_EQ(wait_of(look_at(in_syscall("futex", 0x7f0000000f00))).kind, WaitKind::futex);
    EXPECT_EQ(wait_of(look_at(in_syscall("futex", 0x7f0000021000))).kind, WaitKind::futex);
}

TEST(ClassifyWaits, AJoinIsKnownByItsFrame) {
    Snapshot look = look_at(in_syscall("futex", 0x7f0000001200));
    add_frame(look, "join", "/usr/lib/python3.14/threading.py");
    EXPECT_EQ(wait_of(look).kind, WaitKind::join);
    add_frame(look, "join", "/home/me/strings.py");
    look.python->codes.erase(look.python->codes.begin());
    EXPECT_EQ(wait_of(look).kind, WaitKind::lock);
}

TEST(ClassifyWaits, NamesTheDescriptor) {
    Snapshot look = look_at(in_syscall("epoll_wait", 5));
    Descriptor epoll;
    epoll.fd = 5;
    epoll.link = "anon_inode:[eventpoll]";
    look.descriptors = {epoll};
    const Wait wait = wait_of(look);
    EXPECT_EQ(wait.kind, WaitKind::event_loop);
    EXPECT_EQ(wait.fd(), 5);
    EXPECT_EQ(words_of(look), "epoll_wait on fd 5 (anon_inode:[eventpoll])");
}

TEST(ClassifyWaits, StoppedBeatsTheSystemCallThatItWasIn) {
    Thread thread = in_syscall("read", 0);
    thread.state = 'T';
    EXPECT_EQ(wait_of(look_at(thread)).kind, WaitKind::stopped);
    thread.state = 't';
    EXPECT_EQ(words_of(look_at(thread)), "stopped by a tracer");
}

TEST(ClassifyWaits, RunningNeedsNoSystemCall) {
    Thread thread;
    thread.tid = 7;
    thread.state = 'R';
    thread.on_cpu = true;
    EXPECT_EQ(wait_of(look_at(thread)).kind, WaitKind::running);
}

TEST(ClassifyWaits, AnUnknownSystemCallIsNamedAndNotGuessed) {
    const Wait wait = wait_of(look_at(in_syscall("io_uring_enter", 4)));
    EXPECT_EQ(wait.kind, WaitKind::other);
    EXPECT_EQ(words_of(look_at(in_syscall("io_uring_enter", 4))), "io_uring_enter");
    EXPECT_FALSE(wait.fd());
}

}  // namespace
}  // namespace subint_doctor::capture
