#include "exit_code.h"

#include <algorithm>

namespace subint_doctor::cli {

ExitCode exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::no_such_process:
            return ExitCode::no_such_process;
        case ErrorCode::not_permitted:
        case ErrorCode::not_available:
            return ExitCode::not_permitted;
        case ErrorCode::not_python:
        case ErrorCode::corrupt:
        case ErrorCode::limit:
            return ExitCode::not_python;
        case ErrorCode::unsupported_python:
            return ExitCode::unsupported;
        case ErrorCode::unreadable:
        case ErrorCode::timeout:
            return ExitCode::partial;
        case ErrorCode::bad_input:
            return ExitCode::bad_input;
        case ErrorCode::bug:
            break;
    }
    return ExitCode::internal_error;
}

ExitCode exit_code_of(const Inspection& inspection, const Diagnosis& diagnosis, std::optional<Severity> fail_on) {
    const auto is_needed = [](const Gap& gap) { return gap.needed; };
    const auto is_asked_for = [&](const Finding& finding) { return fail_on && finding.severity >= *fail_on; };
    if (std::any_of(diagnosis.findings.begin(), diagnosis.findings.end(), is_asked_for)) return ExitCode::found;
    if (std::any_of(inspection.gaps.begin(), inspection.gaps.end(), is_needed) ||
        std::any_of(diagnosis.gaps.begin(), diagnosis.gaps.end(), is_needed)) {
        return ExitCode::partial;
    }
    return ExitCode::done;
}

}  // namespace subint_doctor::cli
