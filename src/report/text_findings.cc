#include "text_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "names.h"

namespace subint_doctor::report {
namespace {

std::string_view lead_of(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return "HUNG: ";
        case Severity::warning:
            return "WARNING: ";
        case Severity::note:
            break;
    }
    return "NOTE: ";
}

Page::Tone tone_of(Severity severity) {
    if (severity == Severity::critical) return Page::Tone::alarm;
    return severity == Severity::warning ? Page::Tone::warning : Page::Tone::note;
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
    std::string all;
    for (const std::string& text : texts) {
        if (!all.empty()) all += separator;
        all += text;
    }
    return all;
}

// What was said once is not said again. How a symptom comes about is in its page; only the cause is explained here.
class Findings {
public:
    Findings(Page& page, bool verbose) : page_(page), verbose_(verbose) {}

    void write_first(const Finding& finding) {
        page_.blank();
        page_.heading("Why", "");
        write_body(finding, true);
    }

    void write_further(const Finding& finding) {
        const bool is_certain = finding.confidence == Confidence::certain;
        const std::string confidence = is_certain ? "" : std::string(name_of(finding.confidence)) + "  ";
        page_.blank();
        page_.heading(finding.title, confidence + finding.code);
        page_.wrapped("  ", finding.sentence, 2);
        if (!finding.symptom_of.empty()) {
            page_.wrapped("  ", fmt::format("It follows from {}.", joined(finding.symptom_of, ", ")), 2);
        }
        write_body(finding, verbose_);
    }

private:
    void write_body(const Finding& finding, bool explained) {
        for (const std::string& fact : finding.evidence) {
            if (is_new(fact)) page_.wrapped("  * ", fact, 4);
        }
        if (explained && !finding.explanation.empty()) page_.wrapped("  ", finding.explanation, 2);
        std::vector<std::string> ruled_out;
        std::copy_if(finding.ruled_out.begin(), finding.ruled_out.end(), std::back_inserter(ruled_out),
                     [&](const std::string& text) { return is_new(text); });
        if (!ruled_out.empty()) page_.wrapped("  ", fmt::format("Ruled out: {}.", joined(ruled_out, ", ")), 2);
    }

    bool is_new(const std::string& text) { return said_.insert(text).second; }

    Page& page_;
    bool verbose_;
    std::set<std::string> said_;
};

// In the order of the findings; each command once, as the worst of them means it.
std::vector<Advice> advice_of(const Diagnosis& diagnosis) {
    std::vector<Advice> all;
    for (const Finding& finding : diagnosis.findings) {
        for (const Advice& advice : finding.advice) {
            const auto same = [&](const Advice& known) { return known.command == advice.command; };
            if (std::none_of(all.begin(), all.end(), same)) all.push_back(advice);
        }
    }
    return all;
}

// A line that can be pasted is never broken; what it does stands beside it.
void write_line(Page& page, const Advice& advice) {
    constexpr int command_columns = 18;
    const std::string risk = advice.risk.empty() ? "" : fmt::format(" ({})", advice.risk);
    page.wrapped(fmt::format("  {:<{}}  ", advice.command, command_columns), advice.effect + risk, command_columns + 4);
}

}  // namespace

void write_verdict(Page& page, const Diagnosis& diagnosis) {
    page.blank();
    if (diagnosis.findings.empty()) {
        page.verdict({"", diagnosis.sentence, "", diagnosis.code, Page::Tone::plain});
        return;
    }
    const Finding& first = diagnosis.findings.front();
    page.verdict({lead_of(first.severity), diagnosis.sentence, name_of(first.confidence), diagnosis.code,
                  tone_of(first.severity)});
}

void write_findings(Page& page, const Diagnosis& diagnosis, bool verbose) {
    if (!diagnosis.ruled_out.empty()) {
        page.blank();
        page.heading("What was looked at", "");
        for (const std::string& text : diagnosis.ruled_out) page.wrapped("  * ", text, 4);
    }
    Findings findings(page, verbose);
    for (std::size_t n = 0; n < diagnosis.findings.size(); ++n) {
        if (n == 0) {
            findings.write_first(diagnosis.findings[n]);
        } else {
            findings.write_further(diagnosis.findings[n]);
        }
    }
}

void write_advice(Page& page, const Diagnosis& diagnosis, std::string_view tool) {
    if (diagnosis.findings.empty()) return;
    page.blank();
    page.heading("What you can do", "");
    for (const Advice& advice : advice_of(diagnosis)) write_line(page, advice);
    page.line(fmt::format("  Read more:  {} explain {}", tool, diagnosis.code));
}

}  // namespace subint_doctor::report
