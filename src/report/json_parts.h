// The pieces of the JSON report; subint-doctor-report(5) names every key.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "subint_doctor/model/finding.h"

namespace subint_doctor::report {

using Json = nlohmann::ordered_json;

Json json_text(std::string_view raw);  // escaped
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
Json json_waits(const Inspection& inspection);
Json json_threads(const Snapshot& look);
Json json_orphans(const Python& python);
Json json_findings(const Diagnosis& diagnosis);

}  // namespace subint_doctor::report
