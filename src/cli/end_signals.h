// How this process ends when it is told to. Whatever it held runs on: the kernel lets go of a dead tracer's threads.
#pragma once

namespace subint_doctor::cli {

// SIGINT and SIGTERM end with status 130 and 143 (unless they were ignored from the start); SIGPIPE becomes EPIPE,
// and SIGXFSZ EFBIG.
void end_on_signals();

}  // namespace subint_doctor::cli
