// What the user typed, understood or not. Prints nothing.
#pragma once

#include <string>

#include "attach.h"

namespace subint_doctor::cli {

enum class Verb { attach, check, explain, print, refuse };

struct CommandLine {
    Verb verb = Verb::refuse;
    AttachOptions attach;
    std::string pid;  // of check; empty: none
    std::string code;  // of explain; empty: all
    std::string text;  // print: what; refuse: what is wrong
    std::string remedy;  // refuse: what to type instead
};

CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace subint_doctor::cli
