#include "run.h"

#include <exception>

#include "check.h"
#include "command_line.h"
#include "complain.h"
#include "end_signals.h"
#include "explain.h"
#include "output.h"

namespace subint_doctor::cli {
namespace {

ExitCode obey(const CommandLine& line) {
    switch (line.verb) {
        case Verb::attach:
            return attach(line.attach);
        case Verb::check:
            return check(line.pid);
        case Verb::explain:
            return explain(line.code);
        case Verb::print: {
            const Status written = write_output("", line.text);
            return written.ok() ? ExitCode::done : complain(ExitCode::not_written, describe(written.error()), "");
        }
        case Verb::refuse:
            break;
    }
    return complain(ExitCode::usage, line.text, line.remedy);
}

}  // namespace

int run(int argc, char** argv) {
    reserve_standard_streams();
    end_on_signals();
    try {
        return static_cast<int>(obey(parse_command_line(argc, argv)));
    } catch (const std::exception& error) {
        return static_cast<int>(complain(ExitCode::internal_error, error.what(),
                                         "this is a bug of subint-doctor; nothing was left attached"));
    }
}

}  // namespace subint_doctor::cli
