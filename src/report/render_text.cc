#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "facts.h"
#include "page.h"
#include "subint_doctor/report/render.h"
#include "text_findings.h"
#include "text_signals.h"
#include "text_threads.h"
#include "text_words.h"

namespace subint_doctor::report {
namespace {

std::string count_in_words(std::size_t count) {
    constexpr std::array<std::string_view, 11> words = {"No",  "One",   "Two",   "Three", "Four", "Five",
                                                        "Six", "Seven", "Eight", "Nine",  "Ten"};
    return count < words.size() ? std::string(words[count]) : std::to_string(count);
}

std::string python_text(const Python& python) {
    const std::string_view debug = python.debug ? ", debug build" : "";
    const std::string_view threading = python.free_threaded ? ", free-threaded" : "";
    return fmt::format("CPython {}{}{}", python.version, debug, threading);
}

std::string pid_text(const Process& process) {
    if (process.namespace_pid == 0 || process.namespace_pid == process.pid) return fmt::format("pid {}", process.pid);
    return fmt::format("pid {} ({} in its namespace)", process.pid, process.namespace_pid);
}

void write_header(Page& page, const Snapshot& look) {
    const Process& process = look.process;
    std::string text = fmt::format("{}        {}", program_text(process), pid_text(process));
    if (look.python) text += "   " + python_text(*look.python);
    text += fmt::format("   running for {}", duration_text(process.age_ms));
    page.line(text);
    if (process.asked_tid != 0 && process.asked_tid != process.pid) {
        page.line(fmt::format("{} is a thread of process {}.", process.asked_tid, process.pid));
    }
}

std::string counts_text(const Snapshot& look) {
    std::string text = counted(look.threads.size(), "thread");
    if (!look.python) return text;
    text += ", " + counted(look.python->interpreters.size(), "interpreter");
    return text + ", " + counted(look.python->gils.size(), "GIL");
}

std::string looks_text(const Inspection& inspection) {
    const std::size_t looks = inspection.looks.size();
    if (looks == 1) return "One look";
    return fmt::format("{} looks, {} ms apart", count_in_words(looks), inspection.interval_ms);
}

std::string stops_text(const Inspection& inspection) {
    const std::size_t stopped = inspection.stopped_tids.size();
    if (stopped == 0) return "nothing was stopped";
    return fmt::format("{} {} stopped, the longest for {}", counted(stopped, "thread"), stopped == 1 ? "was" : "were",
                       pause_text(inspection.pause_us));
}

void write_counts(Page& page, const Inspection& inspection) {
    const Snapshot& look = inspection.last();
    std::string text = fmt::format("{}. {}; {}.", counts_text(look), looks_text(inspection), stops_text(inspection));
    const auto torn = std::count_if(look.threads.begin(), look.threads.end(), [](const Thread& t) { return t.moved; });
    if (torn > 0) {
        text += fmt::format(" {} moved while {} read.", counted(static_cast<std::size_t>(torn), "thread"),
                            torn == 1 ? "it was" : "they were");
    }
    if (look.python && look.python->finalizing) text += " Python is shutting down.";
    std::vector<std::int64_t> collecting;
    if (look.python) {
        for (const Interpreter& interpreter : look.python->interpreters) {
            if (interpreter.collecting) collecting.push_back(interpreter.id);
        }
    }
    if (!collecting.empty()) {
        text += fmt::format(" A garbage collection is in progress in interpreter{} {}.",
                            collecting.size() == 1 ? "" : "s", id_ranges(collecting));
    }
    page.wrapped("", text, 0);
}

void write_gaps(Page& page, const std::vector<Gap>& gaps, bool verbose) {
    constexpr std::size_t most = 20;
    page.blank();
    if (gaps.empty()) return page.line("Not read: nothing.");
    page.heading("Not read", "");
    const std::size_t shown = verbose ? gaps.size() : std::min(gaps.size(), most);
    for (std::size_t n = 0; n < shown; ++n)
        page.wrapped("  * ", fmt::format("{}: {}", gaps[n].path, gaps[n].reason), 4);
    if (shown < gaps.size()) page.line(fmt::format("  * and {} more (-v lists them)", gaps.size() - shown));
}

}  // namespace

std::string render_text(const Inspection& inspection, const Diagnosis& diagnosis, const TextStyle& style) {
    Page page(style);
    write_header(page, inspection.last());
    write_counts(page, inspection);
    write_verdict(page, diagnosis);
    write_findings(page, diagnosis, style.verbose);
    write_signals(page, inspection.last(), diagnosis);
    write_advice(page, diagnosis, style.tool);
    write_threads(page, inspection, style);
    write_gaps(page, all_gaps(inspection.gaps, diagnosis.gaps), style.verbose);
    return page.take();
}

}  // namespace subint_doctor::report
