#include "exit_code.h"

#include <algorithm>
#include <array>

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
            return ExitCode::not_python;
        case ErrorCode::unsupported_python:
            return ExitCode::unsupported;
        case ErrorCode::unreadable:
        case ErrorCode::timeout:
        case ErrorCode::limit:
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

ExitCode more_telling(ExitCode a, ExitCode b) {
    constexpr std::array order = {ExitCode::internal_error,  ExitCode::not_written, ExitCode::found,
                                  ExitCode::not_permitted,   ExitCode::unsupported, ExitCode::not_python,
                                  ExitCode::no_such_process, ExitCode::partial,     ExitCode::done};
    const auto rank = [&](ExitCode code) { return std::find(order.begin(), order.end(), code); };
    return rank(a) <= rank(b) ? a : b;
}

}  // namespace subint_doctor::cli
