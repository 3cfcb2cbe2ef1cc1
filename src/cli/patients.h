// Which processes a verb is asked to look at: several PIDs, as arguments or with --pid.
#pragma once

#include <string>
#include <vector>

#include "subint_doctor/model/result.h"

namespace CLI {
class App;
}

namespace subint_doctor::cli {

struct Patients {
    std::vector<std::string> arguments;
    std::vector<std::string> options;  // of --pid
};

// PID... and --pid N. Whether there is one at all is for the verb to say.
void add_patients(CLI::App& app, Patients& patients);

// In the order of the command line, arguments first. Fails with `bad_input` for what is no PID, and names it.
Result<std::vector<int>> pids_of(const Patients& patients);

}  // namespace subint_doctor::cli
