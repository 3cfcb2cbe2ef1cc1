#include "patients.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "pid.h"

namespace subint_doctor::cli {

void add_patients(CLI::App& app, Patients& patients) {
    app.add_option("PID", patients.arguments, "Processes to look at; a thread's id means its process")->type_name("");
    app.add_option("--pid", patients.options, "The same, as an option")->type_name("PID")->allow_extra_args(false);
}

Result<std::vector<int>> pids_of(const Patients& patients) {
    std::vector<int> pids;
    for (const auto* texts : {&patients.arguments, &patients.options}) {
        for (const std::string& text : *texts) {
            const std::optional<int> pid = parse_pid(text);
            if (!pid) return Error{ErrorCode::bad_input, fmt::format("'{}' is not a process id", text)};
            pids.push_back(*pid);
        }
    }
    return pids;
}

}  // namespace subint_doctor::cli
