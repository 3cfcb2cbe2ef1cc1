// The pieces of the JSON report; subint-doctor-report(5) names every key.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "subint_doctor/model/finding.h"

namespace subint_doctor::report {

using Json = nlohmann::ordered_json;

Json json_text(std::string_view raw);  // escaped, and cut after 16 KiB: no honest text is longer
Json json_address(Address address);  // "0x7f00"
Json json_texts(const std::vector<std::string>& raw);

template <typename T>
Json json_optional(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}
Json json_optional(const std::optional<std::string>& value);  // escaped

Json json_target(const Snapshot& look);
Json json_signals(const Snapshot& look);
Json json_gils(const Inspection& inspection);
Json json_interpreters(const Python& python);
Json json_wait(const Thread& thread);
Json json_waits(const Inspection& inspection);
Json json_findings(const Diagnosis& diagnosis);

// What may be long is written piece by piece; frames are left out, and that is said, once the report has this size.
constexpr std::size_t largest_report = std::size_t{24} << 20U;
class JsonStream;
void write_threads(JsonStream& out, const Snapshot& look);
// "inside", "native_frames", "native_frames_complete" and "native_frames_problem" of a thread.
void write_merged_stack(JsonStream& out, const Snapshot& look, const MergedStack& merged,
                        const std::vector<const ThreadState*>& states);
void write_orphans(JsonStream& out, const Snapshot& look);

}  // namespace subint_doctor::report
