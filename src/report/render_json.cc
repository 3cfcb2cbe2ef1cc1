#include <fmt/format.h>

#include <ctime>

#include "facts.h"
#include "json_parts.h"
#include "json_stream.h"
#include "names.h"
#include "subint_doctor/report/escape.h"
#include "subint_doctor/report/render.h"

namespace subint_doctor::report {
namespace {

// RFC 3339, UTC.
std::string time_text(std::int64_t unix_ms) {
    const auto seconds = static_cast<std::time_t>(unix_ms / 1'000);
    std::tm utc = {};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec, unix_ms % 1'000);
}

Json json_timing(const Inspection& inspection) {
    Json timing;
    timing["pause_us"] = inspection.pause_us;
    timing["held_us"] = inspection.held_us;
    timing["stopped_tids"] = inspection.stopped_tids;
    timing["total_us"] = inspection.total_us;
    return timing;
}

Json json_motion(const Inspection& inspection) {
    Json motion;
    motion["looks"] = inspection.looks.size();
    motion["interval_ms"] = inspection.interval_ms;
    motion["moved_tids"] = inspection.moved_tids;
    motion["consistent"] = inspection.consistent;
    return motion;
}

Json json_verdict(const Diagnosis& diagnosis) {
    Json verdict;
    verdict["code"] = json_text(diagnosis.code);
    verdict["sentence"] = json_text(diagnosis.sentence);
    verdict["ruled_out"] = json_texts(diagnosis.ruled_out);
    return verdict;
}

Json json_gaps(const std::vector<Gap>& gaps) {
    Json json = Json::array();
    for (const Gap& gap : gaps) {
        json.push_back({{"path", json_text(gap.path)}, {"reason", json_text(gap.reason)}, {"needed", gap.needed}});
    }
    return json;
}

Json json_advice(const std::vector<Advice>& advice) {
    Json json = Json::array();
    for (const Advice& line : advice) {
        json.push_back(
            {{"command", json_text(line.command)}, {"effect", json_text(line.effect)}, {"risk", json_text(line.risk)}});
    }
    return json;
}

}  // namespace

Json json_text(std::string_view raw) {
    constexpr std::size_t longest_text = 16'384;
    return visible(cut(raw, longest_text));
}

Json json_address(Address address) { return fmt::format("{:#x}", address.value); }

Json json_texts(const std::vector<std::string>& raw) {
    Json json = Json::array();
    for (const std::string& text : raw) json.push_back(json_text(text));
    return json;
}

Json json_optional(const std::optional<std::string>& value) { return value ? json_text(*value) : Json(nullptr); }

Json json_findings(const Diagnosis& diagnosis) {
    Json findings = Json::array();
    for (const Finding& finding : diagnosis.findings) {
        Json json;
        json["code"] = json_text(finding.code);
        json["severity"] = name_of(finding.severity);
        json["confidence"] = name_of(finding.confidence);
        json["title"] = json_text(finding.title);
        json["sentence"] = json_text(finding.sentence);
        json["evidence"] = json_texts(finding.evidence);
        json["explanation"] = json_text(finding.explanation);
        json["ruled_out"] = json_texts(finding.ruled_out);
        json["treatments"] = json_advice(finding.advice);
        json["tids"] = finding.tids;
        json["interpreters"] = finding.interpreters;
        json["symptom_of"] = json_texts(finding.symptom_of);
        findings.push_back(std::move(json));
    }
    return findings;
}

std::string render_json(const Inspection& inspection, const Diagnosis& diagnosis, const std::string& tool_version) {
    const Snapshot& look = inspection.last();
    JsonStream out;
    out.begin('{');
    out.member("schema", "subint-doctor/report/1");
    out.member("tool", {{"version", tool_version}});
    out.member("captured_at", time_text(look.taken_at_unix_ms));
    out.member("source", name_of(look.source));
    out.member("timing", json_timing(inspection));
    out.member("motion", json_motion(inspection));
    out.member("target", json_target(look));
    out.member("signals", json_signals(look));
    out.member("gils", json_gils(inspection));
    out.member("interpreters", look.python ? json_interpreters(*look.python) : Json::array());
    out.key("threads");
    write_threads(out, look);
    out.key("orphan_thread_states");
    write_orphans(out, look);
    out.member("waits", json_waits(inspection));
    out.member("deadlocks", Json::array());
    out.member("findings", json_findings(diagnosis));
    out.member("verdict", json_verdict(diagnosis));
    out.member("gaps", json_gaps(all_gaps(inspection.gaps, diagnosis.gaps)));
    out.end('}');
    return out.take() + "\n";
}

}  // namespace subint_doctor::report
