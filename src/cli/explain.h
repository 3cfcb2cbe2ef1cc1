// `subint-doctor explain [CODE]`: the page of one hang class, or the list of all.
#pragma once

#include <string>

#include "exit_code.h"

namespace subint_doctor::cli {

ExitCode explain(const std::string& code);  // empty: list all

// The code that `wrong` is most like (edit distance); empty when none is near.
std::string nearest_code(const std::string& wrong);

}  // namespace subint_doctor::cli
