#include "complain.h"

#include <fmt/format.h>

#include <string_view>

#include "called_as.h"
#include "output.h"
#include "subint_doctor/os/permissions.h"
#include "subint_doctor/report/escape.h"

namespace subint_doctor::cli {
namespace {

std::string_view remedy_for(ErrorCode code) {
    switch (code) {
        case ErrorCode::no_such_process:
        case ErrorCode::not_python:
            return "`pgrep -a python` lists Python processes";
        case ErrorCode::unsupported_python:
            return "supported are CPython 3.13, 3.14 and 3.15 with a GIL";
        case ErrorCode::timeout:
            return "a longer --timeout may help";
        case ErrorCode::limit:
            return "there is more of it than this tool reads; no report was made";
        case ErrorCode::bug:
            return "this is a bug of subint-doctor; nothing was left attached";
        default:
            return "";
    }
}

}  // namespace

ExitCode complain(ExitCode code, const std::string& what, const std::string& remedy) {
    std::string text = "subint-doctor: " + report::visible(what) + "\n";
    if (!remedy.empty()) text += report::visible(with_called_name(remedy)) + "\n";
    write_to_stderr(text);
    return code;
}

ExitCode print(const std::string& text, ExitCode code) {
    const Status written = write_output("", text);
    return written.ok() ? code : complain(ExitCode::not_written, describe(written.error()), "");
}

ExitCode complain_of(const Error& error, int pid) {
    const ExitCode code = exit_code_of(error.code);
    if (code == ExitCode::not_permitted) {
        if (const auto patient = os::probe_patient(pid)) {
            const auto refusal = os::explain_refusal(os::probe_machine(), *patient, false);
            if (refusal) return complain(code, refusal->cause, refusal->remedy);
        }
        return complain(code, describe(error), fmt::format("`subint-doctor check {}` shows each gate", pid));
    }
    std::string what = describe(error);
    if (what.find(std::to_string(pid)) == std::string::npos) what = fmt::format("process {}: {}", pid, what);
    return complain(code, what, std::string(remedy_for(error.code)));
}

}  // namespace subint_doctor::cli
