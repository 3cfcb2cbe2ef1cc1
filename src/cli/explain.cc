#include "explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "complain.h"
#include "output.h"
#include "pages.h"
#include "roff.h"
#include "terminal.h"

namespace subint_doctor::cli {
namespace {

// Levenshtein's, one row at a time.
std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

const Page* page_of(std::string_view code) {
    const auto pages = all_pages();
    const auto found = std::find_if(pages.begin(), pages.end(), [&](const Page& page) { return page.code == code; });
    return found == pages.end() ? nullptr : &*found;
}

std::string list_of_pages() {
    std::string text = "Hang classes; `subint-doctor explain CODE` shows one.\n\n";
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

ExitCode print(const std::string& text) {
    const Status written = write_output("", text);
    if (!written.ok()) return complain(ExitCode::not_written, describe(written.error()), "");
    return ExitCode::done;
}

}  // namespace

std::string nearest_code(const std::string& wrong) {
    std::string_view best;
    std::size_t best_distance = wrong.size() / 2 + 1;
    for (const Page& page : all_pages()) {
        const std::size_t distance = edit_distance(wrong, page.code);
        if (distance >= best_distance) continue;
        best = page.code;
        best_distance = distance;
    }
    return std::string(best);
}

ExitCode explain(const std::string& code) {
    if (code.empty()) return print(list_of_pages());
    const Page* page = page_of(code);
    if (page != nullptr) return print(render_roff(page->roff, {report_columns(), wants_color("auto")}));
    const std::string nearest = nearest_code(code);
    const std::string suggestion = nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
    return complain(ExitCode::usage, fmt::format("there is no hang class '{}'{}", code, suggestion), known_codes());
}

}  // namespace subint_doctor::cli
