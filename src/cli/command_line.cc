#include "command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "called_as.h"
#include "nearest.h"
#include "pid.h"

namespace subint_doctor::cli {
namespace {

constexpr const char* synopsis = "Says why a CPython process hangs, from outside and without disturbing it.\n";

constexpr std::string_view examples =
    "Examples:\n"
    "  subint-doctor attach 4242            why does process 4242 hang?\n"
    "  subint-doctor check 4242             may I look at it?\n"
    "  subint-doctor explain wakeup-fd-full\n"
    "\nEach command has its own --help; see also man subint-doctor.";

CommandLine refuse(const std::string& what, const std::string& remedy) {
    CommandLine line;
    line.text = what;
    line.remedy = remedy;
    return line;
}

CommandLine print(const std::string& text) {
    CommandLine line;
    line.request = Request::print;
    line.text = text;
    return line;
}

std::string suggestion(std::string_view near) { return near.empty() ? "" : fmt::format("; did you mean '{}'?", near); }

CommandLine refuse_verb(std::string_view wrong) {
    std::vector<std::string_view> known;
    for (const Verb* verb : all_verbs()) known.push_back(verb->name);
    std::string list = "commands:";
    for (const std::string_view name : known) list.append(" ").append(name);
    return refuse(fmt::format("there is no command '{}'{}", wrong, suggestion(nearest(wrong, known))), list);
}

// "attach --help" when that verb was understood, "--help" otherwise.
std::string where_to_read(const CLI::App& app) {
    const auto verbs = app.get_subcommands();
    return fmt::format("see `subint-doctor {}--help`", verbs.empty() ? "" : verbs.front()->get_name() + " ");
}

// "--looks" of "--looks=3"
std::string_view name_of_option(std::string_view word) { return word.substr(0, word.find('=')); }

CommandLine refuse_option(const CLI::App& app, std::string_view word) {
    const std::string_view wrong = name_of_option(word);
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands()) {
        for (const CLI::Option* option : verb->get_options()) {
            for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        }
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    return refuse(fmt::format("there is no option '{}'{}", wrong, suggestion(nearest(wrong, known))),
                  where_to_read(app));
}

// CLI11 says "The following arguments were not expected: ..."; which of them is an option it does not say.
CommandLine refuse_rest(const CLI::App& app, const CLI::Error& error) {
    const auto verbs = app.get_subcommands();
    for (const std::string& word : verbs.empty() ? app.remaining() : verbs.front()->remaining()) {
        if (word.size() > 1 && word[0] == '-') return refuse_option(app, word);
    }
    return refuse(error.what(), where_to_read(app));
}

CommandLine refuse_what_stands_first(std::string_view first) {
    if (parse_pid(first)) {
        return refuse("a command is missing", fmt::format("did you mean `subint-doctor attach {}`?", first));
    }
    if (first.starts_with('-')) {
        return refuse(fmt::format("there is no option '{}' before a command; options follow it", name_of_option(first)),
                      "see `subint-doctor --help`");
    }
    return refuse_verb(first);
}

bool is_for_all(std::string_view word) { return word == "--help" || word == "-h" || word == "--version"; }

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
    if (argc < 2) return refuse("a command is missing", "see `subint-doctor --help`");
    if (!is_for_all(argv[1]) && find_verb(argv[1]) == nullptr) return refuse_what_stands_first(argv[1]);

    CLI::App app(synopsis, "subint-doctor");
    app.set_version_flag("--version", "subint-doctor " SUBINT_DOCTOR_VERSION, "Print the version and exit");
    app.require_subcommand(1);
    app.footer(with_called_name(examples));
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.get_formatter()->label("REQUIRED", "");
    CommandLine line;
    std::vector<Verb::Run> runs;
    for (const Verb* verb : all_verbs()) {
        CLI::App* sub = app.add_subcommand(std::string(verb->name), std::string(verb->summary))->group("Commands");
        sub->footer(with_called_name(verb->words));
        runs.push_back(verb->offer(*sub));
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForVersion& version) {
        return print(std::string(version.what()) + "\n");
    } catch (const CLI::CallForHelp&) {
        return print(app.help());
    } catch (const CLI::ExtrasError& error) {
        return refuse_rest(app, error);
    } catch (const CLI::Error& error) {
        return refuse(error.what(), where_to_read(app));
    }
    for (std::size_t n = 0; n < runs.size(); ++n) {
        if (!app.got_subcommand(std::string(all_verbs()[n]->name))) continue;
        line.request = Request::run;
        line.verb = all_verbs()[n];
        line.run = runs[n];
    }
    return line;
}

}  // namespace subint_doctor::cli
