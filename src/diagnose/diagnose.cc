#include "subint_doctor/diagnose/diagnose.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "case.h"
#include "no_hang.h"
#include "rule.h"
#include "sigint_words.h"

namespace subint_doctor::diagnose {
namespace {

struct Ranked {
    Finding finding;
    Band band = Band::notes;
};

std::vector<Ranked> run_rules(const Case& seen, std::vector<Gap>& gaps) {
    std::vector<Ranked> found;
    for (const Rule* rule : all_rules()) {
        Conclusions conclusions;
        rule->check(seen, conclusions);
        for (Finding& finding : conclusions.findings) {
            finding.code = rule->code;
            finding.title = rule->title;
            finding.tells_of_signals = rule->tells_of_signals;
            found.push_back({std::move(finding), rule->band});
        }
        for (Gap& gap : conclusions.missing) {
            if (std::find(gaps.begin(), gaps.end(), gap) == gaps.end()) gaps.push_back(std::move(gap));
        }
    }
    return found;
}

bool goes_before(const Ranked& a, const Ranked& b) {
    if (a.finding.severity != b.finding.severity) return a.finding.severity > b.finding.severity;
    // What is merely possible never stands above what is known.
    const bool a_is_possible = a.finding.confidence == Confidence::possible;
    if (a_is_possible != (b.finding.confidence == Confidence::possible)) return !a_is_possible;
    if (a.band != b.band) return a.band < b.band;
    if (a.finding.code != b.finding.code) return a.finding.code < b.finding.code;
    return a.finding.confidence > b.finding.confidence;
}

bool has_cause_in(const Finding& finding, const std::multiset<std::string>& codes) {
    return std::any_of(finding.symptom_of.begin(), finding.symptom_of.end(),
                       [&](const std::string& cause) { return cause != finding.code && codes.contains(cause); });
}

// Worst first, but no symptom before its causes. Rules that name each other as causes keep the first order.
std::vector<Finding> in_order(std::vector<Ranked> found) {
    std::stable_sort(found.begin(), found.end(), goes_before);
    std::multiset<std::string> waiting;
    for (const Ranked& ranked : found) waiting.insert(ranked.finding.code);
    std::vector<Finding> ordered;
    while (!found.empty()) {
        auto next = std::find_if(found.begin(), found.end(),
                                 [&](const Ranked& ranked) { return !has_cause_in(ranked.finding, waiting); });
        if (next == found.end()) next = found.begin();
        waiting.erase(waiting.find(next->finding.code));
        ordered.push_back(std::move(next->finding));
        found.erase(next);
    }
    return ordered;
}

// Only causes that were found.
void keep_present_causes(std::vector<Finding>& findings) {
    std::set<std::string> codes;
    for (const Finding& finding : findings) codes.insert(finding.code);
    for (Finding& finding : findings) {
        std::erase_if(finding.symptom_of, [&](const std::string& cause) { return !codes.contains(cause); });
    }
}

}  // namespace

Diagnosis diagnose(const Inspection& inspection) {
    Diagnosis diagnosis;
    const Case seen = open_case(inspection);
    diagnosis.findings = in_order(run_rules(seen, diagnosis.gaps));
    keep_present_causes(diagnosis.findings);
    diagnosis.sigint = sigint_line(seen.last());
    diagnosis.sigint_obstacle = sigint_obstacle(seen);
    if (!diagnosis.findings.empty()) {
        diagnosis.code = diagnosis.findings.front().code;
        diagnosis.sentence = diagnosis.findings.front().sentence;
        return diagnosis;
    }
    diagnosis.code = "no-hang-found";
    diagnosis.sentence = no_hang_sentence(seen);
    diagnosis.ruled_out = what_was_ruled_out(seen);
    return diagnosis;
}

}  // namespace subint_doctor::diagnose
