#include "attach.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "called_as.h"
#include "complain.h"
#include "inspect.h"
#include "output.h"
#include "subint_doctor/diagnose/diagnose.h"
#include "subint_doctor/report/render.h"
#include "terminal.h"
#include "verb.h"

namespace subint_doctor::cli {
namespace {

constexpr std::string_view words =
    "Examples:\n"
    "  subint-doctor attach 4242\n"
    "  subint-doctor attach 4242 4250 --json -o reports.json\n"
    "  subint-doctor attach 4242 --fail-on critical --no-block\n"
    "\nExit status: 0 report written, 1 --fail-on, 2 usage, 3 no such process, 4 not permitted,\n"
    "5 not CPython, 6 version not supported, 7 partial report, 74 report not written.";

// CLI::Range lets "nan" pass.
std::string check_timeout(const std::string& text) {
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    const bool fits = parsed.ec == std::errc{} && parsed.ptr == end && seconds >= 0.01 && seconds <= 86'400;
    return fits ? "" : fmt::format("Value {} not in range 0.01 to 86400", text);
}

std::optional<Severity> severity_named(const std::string& name) {
    if (name == "critical") return Severity::critical;
    if (name == "warning") return Severity::warning;
    if (name == "note") return Severity::note;
    return std::nullopt;
}

// Several reports follow each other; as JSON they are one array.
class Reports {
public:
    Reports(const AttachOptions& options, bool several) : options_(options), several_(several) {}

    void add(const Inspection& inspection, const Diagnosis& diagnosis) {
        if (options_.json) {
            if (several_) text_ += text_.empty() ? "[\n" : ",\n";
            text_ += report::render_json(inspection, diagnosis, SUBINT_DOCTOR_VERSION);
            if (several_ && text_.ends_with('\n')) text_.pop_back();
            return;
        }
        if (!text_.empty()) text_ += "\n\n";
        text_ += report::render_text(inspection, diagnosis, style());
    }

    // Nothing is written where there is no report.
    Status write() {
        if (text_.empty()) return Done{};
        if (options_.json && several_) text_ += "\n]\n";
        return write_output(options_.output, text_);
    }

private:
    report::TextStyle style() const {
        const bool to_terminal = options_.output.empty();
        report::TextStyle style;
        style.columns = to_terminal ? report_columns() : style.columns;
        style.color = wants_color(to_terminal || options_.color != "auto" ? options_.color : "never");
        style.verbose = options_.verbose;
        style.tool = called_as();
        return style;
    }

    const AttachOptions& options_;
    bool several_;
    std::string text_;
};

capture::CStackWish of_all_threads(const Inspection& inspection) {
    capture::CStackWish wish;
    wish.may_wake_sleepers = true;
    for (const Thread& thread : inspection.last().threads) wish.tids.push_back(thread.tid);
    return wish;
}

capture::CStackWish of_those_in_c_code(const Inspection& inspection) {
    capture::CStackWish wish;
    for (const Finding& finding : diagnose::diagnose(inspection).findings) {
        wish.tids.insert(wish.tids.end(), finding.in_c_code.begin(), finding.in_c_code.end());
    }
    return wish;
}

// One look is for those who are in a hurry.
capture::CStackChoice whose_c_stacks(const AttachOptions& options) {
    if (options.native) return of_all_threads;
    if (options.no_native || options.capture.looks == 1) return {};
    return of_those_in_c_code;
}

Verb::Run offer(CLI::App& app) {
    const auto options = std::make_shared<AttachOptions>();
    add_attach_options(app, *options);
    return [options] { return attach(*options); };
}

}  // namespace

void add_attach_options(CLI::App& app, AttachOptions& options) {
    add_patients(app, options.patients);
    app.add_flag("--json", options.json, "Report as JSON, see subint-doctor-report(5)");
    app.add_option("-o,--output", options.output, "Write the report there; stdout stays empty")->type_name("FILE");
    app.add_option("--color", options.color, "auto, always or never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}).description(""))
        ->capture_default_str();
    app.add_flag("-v,--verbose", options.verbose, "Addresses, full paths and whole stacks too");
    app.add_option("--timeout", options.timeout_s, "Bound of each inspection in seconds")
        ->type_name("S")
        ->check(check_timeout, "")
        ->capture_default_str();
    app.add_option("--looks", options.capture.looks, "How often to look, 1 to 10; one look waits for nothing")
        ->type_name("N")
        ->check(CLI::Range(1, 10).description(""))
        ->capture_default_str();
    app.add_option("--interval", options.capture.interval_ms, "Time between looks in ms, 1 to 60000")
        ->type_name("MS")
        ->check(CLI::Range(1, 60'000).description(""))
        ->capture_default_str();
    app.add_option("--max-pause", options.capture.max_pause_ms, "Bound of all stops together in ms, 0 to 60000")
        ->type_name("MS")
        ->check(CLI::Range(0, 60'000).description(""))
        ->capture_default_str();
    CLI::Option* const native = app.add_flag("--native", options.native, "C stacks of all threads, too");
    app.add_flag("--no-native", options.no_native, "Not even those that a finding is about")->excludes(native);
    app.add_flag("--no-block", options.no_block, "Never stop anything");
    app.add_option("--fail-on", options.fail_on, "Exit 1 if a finding is note, warning or critical, or worse")
        ->type_name("SEVERITY")
        ->check(CLI::IsMember({"note", "warning", "critical"}).description(""));
}

ExitCode attach(const AttachOptions& options) {
    const Result<std::vector<int>> pids = pids_of(options.patients);
    if (!pids) return complain(ExitCode::usage, describe(pids.error()), "`pgrep -a python` lists Python processes");
    if (pids->empty()) {
        return complain(ExitCode::usage, "attach needs a process id", "`pgrep -a python` lists Python processes");
    }
    capture::Options how = options.capture;
    how.timeout_ms = static_cast<int>(options.timeout_s * 1'000);
    how.may_stop = !options.no_block;
    how.whose_c_stacks = whose_c_stacks(options);

    Reports reports(options, pids->size() > 1);
    ExitCode code = ExitCode::done;
    for (const int pid : *pids) {
        const Result<Inspection> inspection = inspect(pid, how);
        if (!inspection) {
            code = more_telling(code, complain_of(inspection.error(), pid));
            continue;
        }
        const Diagnosis diagnosis = diagnose::diagnose(*inspection);
        reports.add(*inspection, diagnosis);
        code = more_telling(code, exit_code_of(*inspection, diagnosis, severity_named(options.fail_on)));
    }
    const Status written = reports.write();
    return written.ok() ? code : complain(ExitCode::not_written, describe(written.error()), "");
}

namespace verbs {

extern const Verb attach{"attach", "Diagnose live processes, read-only", words, &offer};

}  // namespace verbs

}  // namespace subint_doctor::cli
