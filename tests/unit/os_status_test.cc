#include <gtest/gtest.h>

#include "pinned_process.h"
#include "status.h"

namespace subint_doctor::os {
namespace {

constexpr std::string_view usual =
    "Name:\tpython3\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4242\nNgid:\t0\nPid:\t4244\nPPid:\t17\nTracerPid:\t99\n"
    "Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNSpid:\t4244\t12\t3\nThreads:\t2\nSigQ:\t0/15\nSigPnd:\t0000000000000001\n"
    "ShdPnd:\t0000000000000002\nSigBlk:\t0000000000000004\nSigIgn:\t0000000001001000\nSigCgt:\t8000000000000002\n"
    "CapEff:\t0000000000080000\nSeccomp:\t2\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t7\n";

TEST(Status, TellsEveryFact) {
    const StatusFacts facts = parse_status(usual);
    EXPECT_EQ(facts.name, "python3");
    EXPECT_EQ(facts.state, "S (sleeping)");
    EXPECT_EQ(facts.state_letter(), 'S');
    EXPECT_EQ(facts.tgid, 4242);
    EXPECT_EQ(facts.parent_pid, 17);
    EXPECT_EQ(facts.tracer_pid, 99);
    EXPECT_EQ(facts.uids, (std::array<unsigned, 4>{1, 2, 3, 4}));
    EXPECT_EQ(facts.gids, (std::array<unsigned, 4>{5, 6, 7, 8}));
    EXPECT_EQ(facts.namespace_id, 3);
    EXPECT_EQ(facts.namespace_depth, 3);
    EXPECT_TRUE(facts.pending.has(1));
    EXPECT_TRUE(facts.shared_pending.has(2));
    EXPECT_TRUE(facts.blocked.has(3));
    EXPECT_TRUE(facts.ignored.has(13));
    EXPECT_TRUE(facts.caught.has(2) && facts.caught.has(64));
    EXPECT_EQ(facts.effective_capabilities, 1U << 19);
    EXPECT_EQ(facts.seccomp_mode, 2);
    EXPECT_EQ(facts.voluntary_switches, 150U);
    EXPECT_EQ(facts.involuntary_switches, 7U);
}

std::string name_in(std::string_view escaped) {
    return parse_status("Name:\t" + std::string(escaped) + "\nState:\tR (running)\n").name;
}

TEST(Status, ANameMayBeAnything) {
    EXPECT_EQ(name_in("a) S 1 (b"), "a) S 1 (b");
    EXPECT_EQ(name_in("a\\nb\\\\n"), "a\nb\\n");
    EXPECT_EQ(name_in("\\"), "\\");
    EXPECT_EQ(name_in("\x1b[2J\xff\xfe"), "\x1b[2J\xff\xfe");
    EXPECT_EQ(name_in("TracerPid:\t1"), "TracerPid:\t1");
    EXPECT_EQ(name_in(""), "");
}

TEST(Status, ANameForgesNoOtherFact) {
    const StatusFacts facts = parse_status("Name:\tTgid:\t666\nTgid:\t5\n");
    EXPECT_EQ(facts.tgid, 5);
}

TEST(Status, WhatIsNoNumberKeepsItsDefault) {
    const StatusFacts facts =
        parse_status("Name:\tx\nTgid:\t99999999999999\nSigBlk:\txyz\nUid:\nNSpid:\t\nState:\n:\t1\n\n");
    EXPECT_EQ(facts.tgid, 0);
    EXPECT_EQ(facts.blocked.bits, 0U);
    EXPECT_EQ(facts.namespace_id, 0);
    EXPECT_EQ(facts.state_letter(), '?');
}

TEST(Status, CutAnywhereItTellsNothingWrong) {
    for (std::size_t length = 0; length < usual.size(); ++length) {
        const StatusFacts facts = parse_status(usual.substr(0, length));
        EXPECT_TRUE(facts.state.empty() || std::string_view("S (sleeping)").starts_with(facts.state));
        EXPECT_TRUE(std::string_view("python3").starts_with(facts.name));
    }
}

TEST(Stat, TheNameIsNotTakenForFields) {
    const std::string fields = " S 1 2 3 0 -1 2129984 8 9 10 11 12 13 14 15 16 17 18 19 987654 21";
    for (const std::string_view name : {"python3", "a) R 9 9 9", "((", ") )", "x\ny"}) {
        const StatFacts facts = parse_stat("4242 (" + std::string(name) + ")" + fields);
        EXPECT_EQ(facts.flags, 2129984U);
        EXPECT_EQ(facts.start_ticks, 987654U);
    }
}

TEST(Stat, CutTextHasNoFacts) {
    for (const std::string_view text : {"", ")", "4242 (python3", "4242 (python3) S 1"}) {
        EXPECT_EQ(parse_stat(text).start_ticks, 0U);
    }
}

}  // namespace
}  // namespace subint_doctor::os
