// The whole command line: arguments in, exit code out.
#pragma once

namespace subint_doctor::cli {

int run(int argc, char** argv);

}  // namespace subint_doctor::cli
