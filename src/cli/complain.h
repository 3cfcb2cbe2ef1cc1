// What the tool says: on stdout what was asked for, on stderr why it cannot: one line, and one what to do next.
#pragma once

#include <string>

#include "exit_code.h"

namespace subint_doctor::cli {

// `remedy` may be empty. Returns `code`, so that a verb can end with it.
ExitCode complain(ExitCode code, const std::string& what, const std::string& remedy);

// To stdout. Returns `code`, or that it could not be written.
ExitCode print(const std::string& text, ExitCode code = ExitCode::done);

// Why process `pid` could not be inspected, with the remedy that this kind of error has.
ExitCode complain_of(const Error& error, int pid);

}  // namespace subint_doctor::cli
