#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "child.h"
#include "pinned_process.h"
#include "process.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {
namespace {

Error refusal(int pid) {
    const auto opened = open_live(pid);
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
}

Process facts_of(const Target& patient) {
    std::vector<Unread> unread;
    const auto process = patient.process(unread);
    EXPECT_TRUE(process);
    EXPECT_TRUE(unread.empty());
    return process ? *process : Process{};
}

// 0: it has none yet.
int other_thread_of(const test::Child& child) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(child.pid()) + "/task")) {
        if (const int tid = std::stoi(task.path().filename()); tid != child.pid()) return tid;
    }
    return 0;
}

TEST(OpenLive, AnUnusedPidIsNoProcess) {
    const int ended = [] { return test::Child([] {}).pid(); }();
    EXPECT_EQ(refusal(ended).code, ErrorCode::no_such_process);
    EXPECT_NE(refusal(ended).doing.find(std::to_string(ended)), std::string::npos);
}

TEST(OpenLive, AZombieHasEnded) {
    const test::Child child([] { _exit(0); });
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'Z'; }));
    EXPECT_EQ(refusal(child.pid()).code, ErrorCode::no_such_process);
    EXPECT_NE(refusal(child.pid()).doing.find("zombie"), std::string::npos);
}

TEST(OpenLive, AThreadMeansItsProcess) {
    const test::Child child([] { std::thread([] { pause(); }).detach(); });
    ASSERT_TRUE(test::eventually([&] { return other_thread_of(child) != 0; }));
    const int other = other_thread_of(child);
    const auto patient = open_live(other);
    ASSERT_TRUE(patient) << describe(patient.error());
    EXPECT_EQ((*patient)->pid(), child.pid());
    EXPECT_EQ(facts_of(**patient).asked_tid, other);
    EXPECT_EQ(facts_of(**patient).pid, child.pid());
}

TEST(OpenLive, ALeaderThatLeftItsThreadsBehind) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const File reader(ends[0]);
    const File writer(ends[1]);
    ASSERT_EQ(write(writer.fd(), "abc", 3), 3);
    const test::Child child([] {
        std::thread([] { pause(); }).detach();
        syscall(SYS_exit, 0);
    });
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'Z' && child.state(other_thread_of(child)) == 'S'; }));
    const auto patient = open_live(child.pid());
    ASSERT_TRUE(patient) << describe(patient.error());

    const Process process = facts_of(**patient);
    EXPECT_TRUE(process.leader_is_zombie);
    EXPECT_EQ(process.state, 'Z');
    EXPECT_EQ(process.pid, child.pid());
    EXPECT_FALSE(process.exe.empty());
    static const int here = 4711;
    EXPECT_EQ(read_value<int>((*patient)->memory(), {reinterpret_cast<std::uint64_t>(&here)}).value_or(0), here);
    EXPECT_TRUE((*patient)->mappings());
    EXPECT_TRUE((*patient)->process_cpu_ns());
    std::vector<Unread> unread;
    EXPECT_TRUE((*patient)->descriptors(unread));
    const auto queue = (*patient)->pipe_queue(writer.fd());
    EXPECT_TRUE(queue ? queue->unread_bytes == 3 : queue.error().errno_value == EINVAL) << "before Linux 6.9";
    const auto reading = (*patient)->begin_threads({});
    ASSERT_TRUE(reading);
    const std::vector<Thread> threads = (*reading)->finish(unread);
    ASSERT_EQ(threads.size(), 2U);
    EXPECT_EQ(threads[0].state, 'Z');
    EXPECT_EQ(threads[1].state, 'S');
}

TEST(LiveProcess, TellsItsFacts) {
    const test::Child child([] {
        prctl(PR_SET_NAME, "x) y\n");
        signal(SIGUSR1, SIG_IGN);
        signal(SIGUSR2, [](int) {});
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, SIGTERM);
        sigprocmask(SIG_BLOCK, &one, nullptr);
        kill(getpid(), SIGTERM);
    });
    const auto patient = open_live(child.pid());
    ASSERT_TRUE(patient);
    ASSERT_TRUE(test::eventually([&] { return facts_of(**patient).pending.has(SIGTERM); }));
    const Process process = facts_of(**patient);
    EXPECT_EQ(process.name, "x) y\n");
    EXPECT_EQ(process.exe, std::filesystem::read_symlink("/proc/self/exe").string());
    ASSERT_FALSE(process.command_line.empty());
    EXPECT_EQ(process.uid, getuid());
    EXPECT_EQ(process.namespace_pid, child.pid());
    EXPECT_TRUE(process.ignored.has(SIGUSR1) && !process.ignored.has(SIGUSR2));
    EXPECT_TRUE(process.caught.has(SIGUSR2) && !process.caught.has(SIGUSR1));
    EXPECT_LT(process.age_ms, 60'000U);
    EXPECT_EQ(process.tracer_pid, 0);
    EXPECT_FALSE(process.frozen || process.other_net_namespace || process.other_pid_namespace);
    EXPECT_FALSE(process.leader_is_zombie);
}

TEST(LiveProcess, TellsItsFamily) {
    struct sigaction before {};
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ASSERT_EQ(sigaction(SIGUSR1, &ignore, &before), 0);
    const test::Child child([] {
        signal(SIGUSR1, SIG_DFL);
        setpgid(0, 0);
    });
    const auto patient = open_live(child.pid());
    ASSERT_TRUE(patient);
    EXPECT_TRUE(test::eventually([&] { return facts_of(**patient).process_group == child.pid(); }));
    const Process process = facts_of(**patient);
    ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
    EXPECT_EQ(process.parent_pid, getpid());
    EXPECT_FALSE(process.parent_name.empty());
    ASSERT_TRUE(process.parent_ignored);
    EXPECT_TRUE(process.parent_ignored->has(SIGUSR1) && !process.ignored.has(SIGUSR1));
    EXPECT_EQ(process.session, getsid(0));
}

TEST(LiveProcess, FieldsBehindAForgedName) {
    const StatFacts facts = parse_stat("7 (a) S 1 (b) S 12 34 56 34816 78 4194304 1 2 3 4 5 6 7 8 20 0 1 0 999 0\n");
    EXPECT_EQ(facts.parent_pid, 12);
    EXPECT_EQ(facts.process_group, 34);
    EXPECT_EQ(facts.session, 56);
    EXPECT_TRUE(facts.has_terminal);
    EXPECT_EQ(facts.terminal_group, 78);
    EXPECT_EQ(facts.flags, 4194304U);
    EXPECT_EQ(facts.start_ticks, 999U);
    const StatFacts no_terminal = parse_stat("7 (a) S 12 34 56 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 999 0\n");
    EXPECT_FALSE(no_terminal.has_terminal);
    EXPECT_EQ(no_terminal.terminal_group, -1);
}

TEST(LiveProcess, ItsCpuTimeGrowsOnlyWhenItRuns) {
    const test::Child sleeper([] {});
    const test::Child spinner([] {
        while (true) __asm__ volatile("");
    });
    const auto asleep = open_live(sleeper.pid());
    const auto awake = open_live(spinner.pid());
    ASSERT_TRUE(asleep && awake);
    ASSERT_TRUE(test::eventually([&] { return sleeper.state() == 'S'; }));
    const std::uint64_t before = (*asleep)->process_cpu_ns().value_or(0);
    const std::uint64_t start = (*awake)->process_cpu_ns().value_or(0);
    EXPECT_TRUE(test::eventually([&] { return (*awake)->process_cpu_ns().value_or(0) > start + 1'000'000; }));
    EXPECT_EQ((*asleep)->process_cpu_ns().value_or(1), before);
}

TEST(LiveProcess, IsGoneOnceItEnded) {
    auto child = std::make_unique<test::Child>([] {});
    const auto patient = open_live(child->pid());
    ASSERT_TRUE(patient);
    child.reset();
    std::vector<Unread> unread;
    EXPECT_EQ((*patient)->process(unread).error().code, ErrorCode::no_such_process);
    EXPECT_EQ((*patient)->mappings().error().code, ErrorCode::no_such_process);
    EXPECT_EQ((*patient)->descriptors(unread).error().code, ErrorCode::no_such_process);
    EXPECT_EQ((*patient)->process_cpu_ns().error().code, ErrorCode::no_such_process);
}

// A tracer that runs the same program as the one that looks: here, a child of this test.
TEST(LiveProcess, AnotherOfThisToolIsKnownAsTracer) {
    const test::Child child([] {});
    const test::Child tracer([&] {
        prctl(PR_SET_NAME, "renamed");
        ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr);
    });
    const auto patient = open_live(child.pid());
    ASSERT_TRUE(patient);
    EXPECT_TRUE(test::eventually([&] { return facts_of(**patient).tracer_name == "subint-doctor"; }));
    EXPECT_EQ(facts_of(**patient).tracer_pid, tracer.pid());
}

TEST(LiveProcess, AnotherTracerKeepsItsName) {
    const test::Child child([] {});
    const test::Child tracer([&] {
        ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr);
        execl("/bin/sleep", "sleep", "1000", nullptr);
    });
    const auto patient = open_live(child.pid());
    ASSERT_TRUE(patient);
    EXPECT_TRUE(test::eventually([&] { return facts_of(**patient).tracer_name == "sleep"; }));
}

TEST(LiveProcess, ALongCommandLineIsCutAndSaidToBe) {
    const std::string argument(100'000, 'x');
    const test::Child child([&] { execl("/bin/sh", "sh", "-c", "kill -STOP $$", argument.c_str(), "last", nullptr); });
    ASSERT_TRUE(test::eventually([&] { return child.state() == 'T'; }));
    const auto patient = open_live(child.pid());
    ASSERT_TRUE(patient);
    std::vector<Unread> unread;
    const auto process = (*patient)->process(unread);
    ASSERT_TRUE(process);
    ASSERT_EQ(unread.size(), 1U);
    EXPECT_EQ(unread[0].fact, Fact::command_line);
    EXPECT_EQ(unread[0].error.code, ErrorCode::limit);
    ASSERT_EQ(process->command_line.size(), 4U);
    EXPECT_LT(process->command_line[3].size(), argument.size());
}

TEST(LiveProcess, KnowsItsChildren) {
    const test::Child child([] { prctl(PR_SET_NAME, "waited for"); });
    const auto self = open_live(getpid());
    const auto patient = open_live(child.pid());
    ASSERT_TRUE(self && patient);
    const std::array wanted = {child.pid(), 1};
    ASSERT_TRUE(test::eventually([&] {
        const auto now = (*self)->children(wanted);
        return now && now->contains(child.pid()) && now->at(child.pid()).name == "waited for" &&
               now->at(child.pid()).state == 'S';
    }));
    const auto found = (*self)->children(wanted);
    EXPECT_EQ(found->size(), 1U) << "init is none of its children";
    EXPECT_EQ(found->at(child.pid()).pid, child.pid());
    EXPECT_TRUE((*patient)->children(wanted)->empty());
}

TEST(LiveProcess, AForkedChildIsToldFromAnotherProgram) {
    const test::Child forked([] {});
    const test::Child other([] { execl("/bin/sleep", "sleep", "1000", nullptr); });
    const auto as_forked = open_live(forked.pid());
    const auto as_other = open_live(other.pid());
    ASSERT_TRUE(as_forked && as_other);
    std::vector<Unread> unread;
    const auto facts = (*as_forked)->process(unread);
    ASSERT_TRUE(facts);
    EXPECT_TRUE(facts->forked);
    EXPECT_TRUE(facts->parent_is_same_program);
    EXPECT_GE(facts->parent_threads, 1);
    EXPECT_FALSE(facts->other_time_namespace);
    ASSERT_TRUE(test::eventually([&] {
        const auto now = (*as_other)->process(unread);
        return now && !now->forked && !now->parent_is_same_program;
    }));
}

TEST(Cgroup, TheUnifiedOneIsFound) {
    EXPECT_EQ(unified_cgroup("4:cpu:/a\n0::/user.slice/x\n"), "/user.slice/x");
    EXPECT_EQ(unified_cgroup("0::/\n"), "/");
    EXPECT_EQ(unified_cgroup("4:cpu:/0::/a\n"), "");
    EXPECT_EQ(unified_cgroup(""), "");
}

}  // namespace
}  // namespace subint_doctor::os
