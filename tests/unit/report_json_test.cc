#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "founding_report.h"
#include "subint_doctor/report/render.h"

namespace subint_doctor::report {
namespace {

using nlohmann::json;

json report_of(const Inspection& inspection) {
    return json::parse(render_json(inspection, test::founding_diagnosis(), "0.1.0"));
}

json founding() { return report_of(test::founding_inspection()); }

void expect_keys(const json& object, std::initializer_list<const char*> keys) {
    ASSERT_TRUE(object.is_object()) << object.dump();  // contains() is false of nothing else, and true of none
    for (const char* key : keys) EXPECT_TRUE(object.contains(key)) << key << " is missing in " << object.dump();
}

// Every key that contract fixes is there, whatever its value.
TEST(RenderJson, HasEveryTopLevelKey) {
    expect_keys(founding(), {"schema", "tool", "captured_at", "source", "timing", "motion", "target", "signals", "gils",
                             "interpreters", "threads", "waits", "deadlocks", "findings", "verdict", "gaps"});
    EXPECT_FALSE(founding().contains("children"));
}

TEST(RenderJson, HasEveryKeyOfItsParts) {
    const json report = founding();
    expect_keys(report.at("timing"), {"pause_us", "held_us", "stopped_tids", "total_us"});
    expect_keys(report.at("motion"), {"looks", "interval_ms", "moved_tids", "consistent"});
    expect_keys(report.at("target"), {"pid", "namespace_pid", "exe", "cmdline", "python", "finalizing"});
    expect_keys(report.at("target").at("python"),
                {"version", "version_hex", "debug", "free_threaded", "runtime_address", "layout_source"});
    expect_keys(report.at("signals"), {"wakeup", "is_tripped", "tripped", "sigint"});
    expect_keys(report.at("signals").at("wakeup"), {"fd", "kind", "queued_bytes", "queued_writes", "capacity_writes",
                                                    "full", "reader", "polled_by", "warn_on_full_buffer"});
    expect_keys(report.at("signals").at("sigint"),
                {"disposition", "blocked_in", "pending_in", "pending_process", "python_handler"});
    ASSERT_FALSE(report.at("gils").empty());
    ASSERT_FALSE(report.at("interpreters").empty());
    ASSERT_FALSE(report.at("waits").empty());
    ASSERT_FALSE(report.at("findings").empty());
    ASSERT_FALSE(report.at("findings").at(0).at("treatments").empty());
    expect_keys(report.at("gils").at(0),
                {"id", "address", "kind", "interpreters", "enabled", "locked", "holder_tid", "last_holder_tid",
                 "last_holder_alive", "waiters", "switch_number", "switch_interval_us", "drop_requested"});
    expect_keys(report.at("interpreters").at(0),
                {"id", "address", "kind", "gil", "running_main_tid", "finalizing", "thread_states", "whence"});
    expect_keys(report.at("waits").at(0), {"from_tid", "on", "held_by_tid"});
    expect_keys(report.at("findings").at(0), {"code", "severity", "confidence", "title", "evidence", "explanation",
                                              "ruled_out", "treatments", "tids", "interpreters"});
    expect_keys(report.at("findings").at(0).at("treatments").at(0), {"command", "effect", "risk"});
    expect_keys(report.at("verdict"), {"code", "sentence"});
}

TEST(RenderJson, HasEveryKeyOfAThread) {
    const json thread = founding().at("threads").at(0);
    expect_keys(thread, {"tid", "name", "python_name", "os_state", "is_process_leader", "cpu_ms", "voluntary_switches",
                         "involuntary_switches", "syscall", "wchan", "wait", "thread_states", "moved"});
    expect_keys(thread.at("syscall"), {"number", "name", "args"});
    expect_keys(thread.at("wait"),
                {"kind", "detail", "fd", "peer", "owner_tid", "since_us", "time_limit", "resources", "resource_count"});
    expect_keys(thread.at("thread_states").at(0),
                {"interpreter", "address", "status", "holds_gil", "async_exception_pending", "eval_breaker", "frames"});
    expect_keys(thread.at("thread_states").at(0).at("frames").at(0),
                {"function", "qualname", "file", "line", "column"});
    EXPECT_FALSE(thread.contains("native_frames"));
}

TEST(RenderJson, AWaitTellsItsResources) {
    Inspection inspection = test::founding_inspection();
    Wait& wait = inspection.looks.back().threads.front().wait;
    wait = wait_on(WaitKind::read, resource_of(ResourceKind::descriptor, 4, "socket:[12]"));
    wait.resources.front().addresses = SocketAddresses{"tcp", "10.0.0.2:41200", "10.0.0.5:5432", "established"};
    wait.limit = TimeLimit{true, 1'500, {}};
    const auto told = [&] {
        return json::parse(render_json(inspection, test::founding_diagnosis(), "0.1.0")).at("threads").at(0).at("wait");
    };
    EXPECT_EQ(told().at("fd"), 4);
    EXPECT_EQ(told().at("peer").at("address"), "10.0.0.5:5432");
    EXPECT_EQ(told().at("time_limit").at("ms"), 1'500);
    const json socket = told().at("resources").at(0);
    expect_keys(socket, {"kind", "id", "name", "state", "protocol", "local", "remote"});
    EXPECT_EQ(socket.at("kind"), "fd");
    EXPECT_EQ(socket.at("local"), "10.0.0.2:41200");
    EXPECT_TRUE(socket.at("state").is_null());
    wait.resources.front().addresses->remote.clear();
    EXPECT_TRUE(told().at("peer").is_null()) << "it has no other end";
    const auto id_of = [&](ResourceKind kind, std::uint64_t id) {
        wait = wait_on(WaitKind::other, resource_of(kind, id));
        return told().at("resources").at(0).at("id");
    };
    EXPECT_EQ(id_of(ResourceKind::futex, 0x1000), "0x1000");
    EXPECT_EQ(id_of(ResourceKind::process, 7), 7);
    EXPECT_EQ(id_of(ResourceKind::gil, 0), 0);
    EXPECT_TRUE(id_of(ResourceKind::process, 0).is_null()) << "any child";
    EXPECT_TRUE(id_of(ResourceKind::lock, 0).is_null()) << "which one is not known";
}

TEST(RenderJson, SourceStandsInItsFrame) {
    Inspection inspection = test::founding_inspection();
    ThreadState& state = inspection.looks.back().python->interpreters.back().thread_states.front();
    ASSERT_FALSE(state.frames.empty());
    state.source = SourceLine{0, "with ledger:", true};
    const std::string text = render_json(inspection, test::founding_diagnosis(), "0.1.0");
    EXPECT_NE(text.find("\"source\": \"with ledger:\""), std::string::npos);
    EXPECT_NE(text.find("\"source_is_newer\": true"), std::string::npos);
    EXPECT_EQ(render_json(test::founding_inspection(), test::founding_diagnosis(), "0.1.0").find("\"source\": \"with"),
              std::string::npos);
}

TEST(RenderJson, ValuesAreThoseOfTheInspection) {
    const json report = founding();
    EXPECT_EQ(report["schema"], "subint-doctor/report/1");
    EXPECT_EQ(report["captured_at"], "2026-11-23T21:00:00.042Z");
    EXPECT_EQ(report["target"]["python"]["runtime_address"], "0x9a0000");
    EXPECT_EQ(report["signals"]["wakeup"]["reader"], (json{{"fd", 6}, {"pid", 4242}}));
    EXPECT_EQ(report["signals"]["tripped"], json{SIGINT});
    EXPECT_EQ(report["signals"]["sigint"]["disposition"], "python");
    EXPECT_EQ(report["threads"][0]["cpu_ms"], 5);
    EXPECT_EQ(report["threads"][0]["wait"]["kind"], "gil");
    EXPECT_EQ(report["waits"], (json{{{"from_tid", 4242}, {"on", "gil:0"}, {"held_by_tid", 4244}}}));
    EXPECT_EQ(report["findings"][1]["symptom_of"], json{"gil-held-in-native-code"});
    EXPECT_EQ(report["gaps"], json::array());
}

TEST(RenderJson, NestedStatesAreInnermostFirst) {
    const json states = founding()["threads"][1]["thread_states"];
    ASSERT_EQ(states.size(), 2U);
    EXPECT_EQ(states[0]["interpreter"], 1);
    EXPECT_EQ(states[0]["eval_breaker"], json{"gil_drop_request"});
    EXPECT_EQ(states[0]["frames"][0]["function"], "match");
    EXPECT_EQ(states[1]["interpreter"], 0);
    EXPECT_EQ(states[1]["frames"][1]["column"], nullptr);
}

TEST(RenderJson, WhatIsUnknownIsNullAndStaysInPlace) {
    Inspection inspection = test::founding_inspection();
    Snapshot& look = inspection.looks.back();
    look.wakeup.full.reset();
    look.wakeup.reader_fd.reset();
    look.python->signals.sigint_handler.reset();
    look.python->gils[0].holder_tid.reset();
    look.threads[1].wait_channel.reset();
    const json report = report_of(inspection);
    EXPECT_EQ(report["signals"]["wakeup"]["full"], nullptr);
    EXPECT_EQ(report["signals"]["wakeup"]["reader"], nullptr);
    EXPECT_EQ(report["signals"]["sigint"]["disposition"], nullptr);
    EXPECT_EQ(report["gils"][0]["holder_tid"], nullptr);
    EXPECT_EQ(report["threads"][1]["wchan"], nullptr);
    EXPECT_EQ(report["threads"][1]["syscall"], nullptr);
}

TEST(RenderJson, AThreadStateWithoutAThreadIsKept) {
    Inspection inspection = test::founding_inspection();
    inspection.looks.back().python->interpreters[1].thread_states[0].tid.reset();
    const json report = report_of(inspection);
    ASSERT_EQ(report["orphan_thread_states"].size(), 1U);
    EXPECT_EQ(report["orphan_thread_states"][0]["interpreter"], 1);
}

TEST(RenderJson, ReadsAsIfItWereWrittenInOnePiece) {
    const std::string text = render_json(test::founding_inspection(), test::founding_diagnosis(), "0.1.0");
    EXPECT_EQ(nlohmann::ordered_json::parse(text).dump(1) + "\n", text);
}

// Nine thousand frames of names as long as a file.
TEST(RenderJson, IsBoundedWhateverTheNames) {
    Inspection inspection = test::founding_inspection();
    Python& python = *inspection.looks.back().python;
    for (Code& code : python.codes) code.name = code.qualname = code.file = std::string(1U << 20U, '\x01');
    ThreadState& state = python.interpreters.back().thread_states.back();
    state.frames.assign(9'000, Frame{0, 1, 1});
    const std::string text = render_json(inspection, test::founding_diagnosis(), "0.1.0");
    EXPECT_LT(text.size(), std::size_t{25} << 20U);
    const json report = json::parse(text);
    const json shown = report["threads"][0]["thread_states"][0];
    EXPECT_FALSE(shown["frames"].empty());
    EXPECT_EQ(shown["frames_complete"], false);
    EXPECT_NE(shown["frames_problem"].get<std::string>().find("more frames"), std::string::npos);
    TextStyle style;
    style.verbose = true;
    EXPECT_LT(render_text(inspection, test::founding_diagnosis(), style).size(), std::size_t{17} << 20U);
}

TEST(RenderJson, HostileStringsStayStrings) {
    Inspection inspection = test::founding_inspection();
    Snapshot& look = inspection.looks.back();
    look.threads[0].name = "\x1b[2J\"\\\xff";
    look.process.command_line = {"\xed\xa0\x80"};
    const std::string text = render_json(inspection, test::founding_diagnosis(), "0.1.0");
    ASSERT_TRUE(json::accept(text));
    EXPECT_EQ(json::parse(text)["threads"][0]["name"], "\\x1b[2J\"\\\xef\xbf\xbd");
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_TRUE(text.ends_with("}\n"));
}

TEST(RenderJson, WithoutPythonItIsStillAReport) {
    Inspection inspection = test::founding_inspection();
    for (Snapshot& look : inspection.looks) look.python.reset();
    const json report = report_of(inspection);
    EXPECT_EQ(report["target"]["python"], nullptr);
    EXPECT_EQ(report["gils"], json::array());
    EXPECT_EQ(report["threads"].size(), 2U);
}

TEST(RenderJson, GapsOfBothStagesOnce) {
    Inspection inspection = test::founding_inspection();
    inspection.gaps = {{"a", "because", true}};
    Diagnosis diagnosis = test::founding_diagnosis();
    diagnosis.gaps = {{"a", "because", false}, {"b", "so", false}};
    const json gaps = json::parse(render_json(inspection, diagnosis, "0"))["gaps"];
    ASSERT_EQ(gaps.size(), 2U);
    EXPECT_EQ(gaps[0], (json{{"path", "a"}, {"reason", "because"}, {"needed", true}}));
}

}  // namespace
}  // namespace subint_doctor::report
