#include "command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "pid.h"

namespace subint_doctor::cli {
namespace {

constexpr const char* synopsis = "Says why a CPython process hangs, from outside and without disturbing it.\n";

constexpr const char* examples =
    "Examples:\n"
    "  subint-doctor attach 4242            why does process 4242 hang?\n"
    "  subint-doctor check 4242             may I look at it?\n"
    "  subint-doctor explain wakeup-fd-full\n"
    "\nEach command has its own --help; see also man subint-doctor.";

constexpr const char* attach_examples =
    "Examples:\n"
    "  subint-doctor attach 4242\n"
    "  subint-doctor attach 4242 --json -o report.json\n"
    "  subint-doctor attach 4242 --fail-on critical --no-block\n"
    "\nExit status: 0 report written, 1 --fail-on, 2 usage, 3 no such process, 4 not permitted,\n"
    "5 not CPython, 6 version not supported, 7 partial report, 74 report not written.";

// CLI::Range lets "nan" pass.
std::string check_timeout(const std::string& text) {
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    const bool fits = parsed.ec == std::errc{} && parsed.ptr == end && seconds >= 0.01 && seconds <= 86'400;
    return fits ? "" : fmt::format("Value {} not in range 0.01 to 86400", text);
}

void add_attach(CLI::App& app, AttachOptions& options) {
    CLI::App* verb = app.add_subcommand("attach", "Diagnose a live process, read-only")->group("Commands");
    verb->add_option("PID", options.pid, "Process to look at; a thread's id means its process")
        ->required()
        ->type_name("");
    verb->add_flag("--json", options.json, "Report as JSON, see subint-doctor-report(5)");
    verb->add_option("-o,--output", options.output, "Write the report there; stdout stays empty")->type_name("FILE");
    verb->add_option("--color", options.color, "auto, always or never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}).description(""))
        ->capture_default_str();
    verb->add_flag("-v,--verbose", options.verbose, "Addresses, full paths and whole stacks too");
    verb->add_option("--timeout", options.timeout_s, "Bound of the whole inspection in seconds")
        ->type_name("S")
        ->check(check_timeout, "")
        ->capture_default_str();
    verb->add_option("--looks", options.capture.looks, "How often to look, 1 to 10; one look waits for nothing")
        ->type_name("N")
        ->check(CLI::Range(1, 10).description(""))
        ->capture_default_str();
    verb->add_option("--interval", options.capture.interval_ms, "Time between looks in ms, 1 to 60000")
        ->type_name("MS")
        ->check(CLI::Range(1, 60'000).description(""))
        ->capture_default_str();
    verb->add_option("--max-pause", options.capture.max_pause_ms, "Bound of all stops together in ms, 0 to 60000")
        ->type_name("MS")
        ->check(CLI::Range(0, 60'000).description(""))
        ->capture_default_str();
    verb->add_flag("--no-block", options.no_block, "Never stop anything");
    verb->add_option("--fail-on", options.fail_on, "Exit 1 if a finding is note, warning or critical, or worse")
        ->type_name("SEVERITY")
        ->check(CLI::IsMember({"note", "warning", "critical"}).description(""));
    verb->footer(attach_examples);
}

void add_others(CLI::App& app, CommandLine& line) {
    CLI::App* check = app.add_subcommand("check", "Say whether this user can inspect (that process on) this machine")
                          ->group("Commands");
    check->add_option("PID", line.pid, "Process to look at")->type_name("");
    check->footer(
        "Example:\n  subint-doctor check 4242\n\nExit status: 0 possible, 3 no such process, 4 not possible.");
    CLI::App* explain =
        app.add_subcommand("explain", "Show the page of one hang class, or list all")->group("Commands");
    explain->add_option("CODE", line.code, "Hang class, as in a report")->type_name("");
    explain->footer("Example:\n  subint-doctor explain gil-held-in-native-code");
}

CommandLine refuse(const std::string& what, const std::string& remedy) {
    CommandLine line;
    line.text = what;
    line.remedy = remedy;
    return line;
}

CommandLine print(const std::string& text) {
    CommandLine line;
    line.verb = Verb::print;
    line.text = text;
    return line;
}

// "attach --help" when that verb was understood, "--help" otherwise.
std::string where_to_read(const CLI::App& app) {
    const auto verbs = app.get_subcommands();
    return fmt::format("see `subint-doctor {}--help`", verbs.empty() ? "" : verbs.front()->get_name() + " ");
}

Verb verb_of(const CLI::App& app) {
    if (app.got_subcommand("attach")) return Verb::attach;
    return app.got_subcommand("check") ? Verb::check : Verb::explain;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
    if (argc < 2) return refuse("a command is missing", "see `subint-doctor --help`");
    if (parse_pid(argv[1])) {
        return refuse("a command is missing", fmt::format("did you mean `subint-doctor attach {}`?", argv[1]));
    }
    CommandLine line;
    CLI::App app(synopsis, "subint-doctor");
    app.set_version_flag("--version", "subint-doctor " SUBINT_DOCTOR_VERSION, "Print the version and exit");
    app.require_subcommand(1);
    app.footer(examples);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.get_formatter()->label("REQUIRED", "");
    add_attach(app, line.attach);
    add_others(app, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForVersion& version) {
        return print(std::string(version.what()) + "\n");
    } catch (const CLI::CallForHelp&) {
        return print(app.help());
    } catch (const CLI::Error& error) {
        return refuse(error.what(), where_to_read(app));
    }
    line.verb = verb_of(app);
    return line;
}

}  // namespace subint_doctor::cli
