// A command of the tool. One file of src/cli/verbs owns its options, its words and what it does; the folder is the list.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "exit_code.h"

namespace CLI {
class App;
}

namespace subint_doctor::cli {

struct Verb {
    using Run = std::function<ExitCode()>;

    std::string_view name;  // as typed; the file's name, with dashes
    std::string_view summary;  // one line of --help
    std::string_view words;  // below the options of its own --help: examples, exit status
    Run (*offer)(CLI::App& app);  // adds the options; what it returns is to be run once they are parsed
};

// By name. Written by CMake from src/cli/verbs.
std::span<const Verb* const> all_verbs();

const Verb* find_verb(std::string_view name);  // nullptr: there is none of that name

}  // namespace subint_doctor::cli
