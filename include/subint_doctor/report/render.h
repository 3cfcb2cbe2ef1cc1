// A report as a person reads it and as a script reads it. Pure. Everything that comes from the patient is escaped here.
#pragma once

#include <string>

#include "subint_doctor/model/finding.h"

namespace subint_doctor::report {

struct TextStyle {
    int columns = 80;  // 80 or more
    bool color = false;
    bool verbose = false;  // addresses too
    std::string tool = "subint-doctor";  // as it is to be typed
};

std::string render_text(const Inspection& inspection, const Diagnosis& diagnosis, const TextStyle& style);

// The JSON report, schema subint-doctor/report/1; ends with a newline.
std::string render_json(const Inspection& inspection, const Diagnosis& diagnosis, const std::string& tool_version);

}  // namespace subint_doctor::report
