// What the user typed, understood or not. Prints nothing.
#pragma once

#include <string>

#include "verb.h"

namespace subint_doctor::cli {

enum class Request { run, print, refuse };

struct CommandLine {
    Request request = Request::refuse;
    const Verb* verb = nullptr;  // run: which
    Verb::Run run;  // run: with its options
    std::string text;  // print: what; refuse: what is wrong
    std::string remedy;  // refuse: what to type instead
};

CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace subint_doctor::cli
