// The middle of the text: the verdict, why, what else was found, what can be done.
#pragma once

#include "page.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::report {

void write_verdict(Page& page, const Diagnosis& diagnosis);
// `verbose`: with the mechanism of each symptom, too.
void write_findings(Page& page, const Diagnosis& diagnosis, bool verbose);
// `tool`: as it is to be typed.
void write_advice(Page& page, const Diagnosis& diagnosis, std::string_view tool);

}  // namespace subint_doctor::report
