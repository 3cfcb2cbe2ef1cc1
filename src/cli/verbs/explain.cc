// `subint-doctor explain [CODE]`: the page of one hang class, or the list of all.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

#include "called_as.h"
#include "complain.h"
#include "nearest.h"
#include "pages.h"
#include "roff.h"
#include "terminal.h"
#include "verb.h"

namespace subint_doctor::cli {
namespace {

const Page* page_of(std::string_view code) {
    const auto pages = all_pages();
    const auto found = std::find_if(pages.begin(), pages.end(), [&](const Page& page) { return page.code == code; });
    return found == pages.end() ? nullptr : &*found;
}

std::string list_of_pages() {
    std::string text = with_called_name("Hang classes; `subint-doctor explain CODE` shows one.\n\n");
    for (const Page& page : all_pages()) {
        fmt::format_to(std::back_inserter(text), "  {:<26}{}\n", page.code, roff_summary(page.roff));
    }
    return text;
}

std::string known_codes() {
    std::string text = "known:";
    for (const Page& page : all_pages()) fmt::format_to(std::back_inserter(text), " {}", page.code);
    return text;
}

ExitCode explain(const std::string& code) {
    if (code.empty()) return print(list_of_pages());
    const Page* page = page_of(code);
    if (page != nullptr) return print(render_roff(page->roff, {report_columns(), wants_color("auto")}));
    std::vector<std::string_view> known;
    for (const Page& candidate : all_pages()) known.push_back(candidate.code);
    const std::string_view near = nearest(code, known);
    const std::string suggestion = near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
    return complain(ExitCode::usage, fmt::format("there is no hang class '{}'{}", code, suggestion), known_codes());
}

Verb::Run offer(CLI::App& app) {
    const auto code = std::make_shared<std::string>();
    app.add_option("CODE", *code, "Hang class, as in a report")->type_name("");
    return [code] { return explain(*code); };
}

}  // namespace

namespace verbs {

extern const Verb explain{"explain", "Show the page of one hang class, or list all",
                          "Example:\n  subint-doctor explain gil-held-in-native-code", &offer};

}  // namespace verbs

}  // namespace subint_doctor::cli
