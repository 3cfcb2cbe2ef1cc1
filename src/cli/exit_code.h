// What the tool's exit status means; the numbers are fixed, see EXIT STATUS in subint-doctor(1).
#pragma once

#include <optional>

#include "subint_doctor/model/error.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::cli {

enum class ExitCode : int {
    done = 0,
    found = 1,  // --fail-on
    usage = 2,
    no_such_process = 3,
    not_permitted = 4,
    not_python = 5,
    unsupported = 6,
    partial = 7,
    bad_input = 9,
    internal_error = 70,
    not_written = 74,
};

// No report could be made.
ExitCode exit_code_of(ErrorCode code);

// A report was written. A finding that was asked for comes before a gap.
ExitCode exit_code_of(const Inspection& inspection, const Diagnosis& diagnosis, std::optional<Severity> fail_on);

// Of several processes, the one whose fate decides: a bug, then a finding that was asked for, then what could not be
// inspected (not permitted, not supported, not Python, no such process), then a partial report, then none.
ExitCode more_telling(ExitCode a, ExitCode b);

}  // namespace subint_doctor::cli
