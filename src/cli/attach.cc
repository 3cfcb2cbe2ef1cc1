#include "attach.h"

#include <fmt/format.h>

#include "complain.h"
#include "end_signals.h"
#include "output.h"
#include "pid.h"
#include "subint_doctor/diagnose/diagnose.h"
#include "subint_doctor/os/live_target.h"
#include "subint_doctor/report/render.h"
#include "terminal.h"

namespace subint_doctor::cli {
namespace {

Result<Inspection> inspect(int pid, const AttachOptions& options) {
    const auto patient = os::open_live(pid);
    if (!patient) return patient.error();
    capture::Options how = options.capture;
    how.timeout_ms = static_cast<int>(options.timeout_s * 1'000);
    how.may_stop = !options.no_block;
    return capture::capture(**patient, how);
}

std::string render(const Inspection& inspection, const Diagnosis& diagnosis, const AttachOptions& options) {
    if (options.json) return report::render_json(inspection, diagnosis, SUBINT_DOCTOR_VERSION);
    report::TextStyle style;
    style.columns = options.output.empty() ? report_columns() : style.columns;
    style.color = wants_color(options.output.empty() || options.color != "auto" ? options.color : "never");
    style.verbose = options.verbose;
    return report::render_text(inspection, diagnosis, style);
}

std::optional<Severity> severity_named(const std::string& name) {
    if (name == "critical") return Severity::critical;
    if (name == "warning") return Severity::warning;
    if (name == "note") return Severity::note;
    return std::nullopt;
}

}  // namespace

ExitCode attach(const AttachOptions& options) {
    const std::optional<int> pid = parse_pid(options.pid);
    if (!pid) return complain(ExitCode::usage, fmt::format("'{}' is not a process id", options.pid), "");
    end_at_latest_after(options.timeout_s);
    const Result<Inspection> inspection = inspect(*pid, options);
    end_at_latest_after(0);
    if (!inspection) return complain_of(inspection.error(), *pid);

    const Diagnosis diagnosis = diagnose::diagnose(*inspection);
    const Status written = write_output(options.output, render(*inspection, diagnosis, options));
    if (!written.ok()) return complain(ExitCode::not_written, describe(written.error()), "");
    return exit_code_of(*inspection, diagnosis, severity_named(options.fail_on));
}

}  // namespace subint_doctor::cli
