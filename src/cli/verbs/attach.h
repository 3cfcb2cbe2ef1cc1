// `subint-doctor attach PID...`: look at a live process, think, report.
#pragma once

#include <string>

#include "exit_code.h"
#include "patients.h"
#include "subint_doctor/capture/capture.h"

namespace subint_doctor::cli {

struct AttachOptions {
    Patients patients;
    bool json = false;
    std::string output;  // empty: stdout
    std::string color = "auto";
    bool verbose = false;
    double timeout_s = 10;
    std::string fail_on;  // empty: never
    bool no_block = false;
    bool native = false;
    bool no_native = false;
    capture::Options capture;
};

void add_attach_options(CLI::App& app, AttachOptions& options);

ExitCode attach(const AttachOptions& options);

}  // namespace subint_doctor::cli
