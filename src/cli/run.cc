#include "run.h"

#include <unistd.h>

#include <exception>
#include <new>

#include "called_as.h"
#include "command_line.h"
#include "complain.h"
#include "end_signals.h"
#include "inspect.h"
#include "output.h"

namespace subint_doctor::cli {
namespace {

ExitCode obey(const CommandLine& line) {
    if (line.request == Request::run) return line.run();
    return line.request == Request::print ? print(line.text) : complain(ExitCode::usage, line.text, line.remedy);
}

}  // namespace

int run(int argc, char** argv) {
    reserve_standard_streams();
    end_on_signals();
    try {
        remember_call(argc > 0 ? argv[0] : nullptr);
        const int code = static_cast<int>(obey(parse_command_line(argc, argv)));
        if (left_a_thread_behind()) _exit(code);
        return code;
    } catch (const std::bad_alloc&) {
        // Nothing is left to make a sentence with.
        write_to_stderr(
            "subint-doctor: not enough memory for this report; nothing was left attached\n"
            "`ulimit -v` shows the limit; --looks 1 needs less\n");
        return static_cast<int>(ExitCode::internal_error);
    } catch (const std::exception& error) {
        return static_cast<int>(complain(ExitCode::internal_error, error.what(),
                                         "this is a bug of subint-doctor; nothing was left attached"));
    }
}

}  // namespace subint_doctor::cli
