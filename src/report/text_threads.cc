#include "text_threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "names.h"
#include "subint_doctor/model/text.h"
#include "text_words.h"
#include "thread_groups.h"
#include "thread_words.h"

namespace subint_doctor::report {
namespace {

constexpr std::size_t longest_stack = 30;  // frames; of a longer one, both ends are shown
constexpr std::size_t shown_inner = 20;
constexpr std::size_t shown_outer = 10;
constexpr std::size_t listed_names = 12;
constexpr std::size_t largest_text = std::size_t{16} << 20U;  // bytes; beyond it no frame is written
constexpr int narrowest_function = 16;
constexpr int widest_function = 32;
constexpr std::string_view no_name = "(no name)";

const ThreadState* main_state(const Python& python) {
    for (const Interpreter& interpreter : python.interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (state.address == python.main_thread_state) return &state;
        }
    }
    return nullptr;
}

std::string_view program_folder(const Python& python) {
    const ThreadState* state = main_state(python);
    return state == nullptr ? std::string_view() : folder_of_program(python, *state);
}

class Threads {
public:
    Threads(Page& page, const Inspection& inspection, const Python& python, bool verbose)
        : page_(page),
          look_(inspection.last()),
          python_(python),
          verbose_(verbose),
          codes_(python, program_folder(python), verbose),
          states_(states_by_tid(python)) {
        for (const Gil& gil : python.gils) {
            for (const int tid : waiters_in_any_look(inspection, gil)) waits_for_[tid] = &gil;
        }
    }

    void write() {
        for (const ThreadGroup& group : group_threads(look_, states_, codes_)) write_group(group);
        write_idle_interpreters();
        write_orphans();
    }

private:
    void write_group(const ThreadGroup& group) {
        const Thread& thread = *group.shown;
        const auto gil = waits_for_.find(thread.tid);
        const std::string_view name = name_of_thread(thread);
        page_.wrapped("  ",
                      fmt::format("{}  tid {}  {}", name, thread.tid,
                                  doing_text(look_, thread, gil == waits_for_.end() ? nullptr : gil->second)),
                      6);
        const auto found = states_.find(thread.tid);
        if (found == states_.end()) {
            page_.line("    not a Python thread");
        } else {
            write_states(found->second);
        }
        if (!group.same.empty()) write_same(group);
    }

    // The main thread has its name although the program never imported threading.
    std::string_view name_of_thread(const Thread& thread) const {
        if (!thread.python_name && python_.main_tid == thread.tid) return "MainThread";
        return thread_name(thread).empty() ? no_name : std::string_view(thread_name(thread));
    }

    void write_states(const std::vector<const ThreadState*>& states) {
        for (std::size_t n = 0; n < states.size(); ++n) {
            std::string text = interpreter_text(python_, *states[n], verbose_);
            const bool calls_inward = n > 0 && states[n - 1]->interpreter != states[n]->interpreter;
            if (calls_inward) text += fmt::format("      runs interpreter {} from here", states[n - 1]->interpreter);
            page_.line("    " + text);
            write_frames(*states[n]);
        }
    }

    void write_frames(const ThreadState& state) {
        const std::size_t count = state.frames.size();
        const bool is_cut = !verbose_ && count > longest_stack;
        int width = narrowest_function;
        for (std::size_t n = 0; n < count; ++n) {
            if (is_cut && n >= shown_inner && n < count - shown_outer) continue;
            width = std::max(width, codes_.of(state.frames[n]).function_columns);
        }
        width = std::min(width, widest_function);
        for (std::size_t n = 0; n < count; ++n) {
            if (page_.size() > largest_text) {
                page_.line(fmt::format("      ... {} more frames: the report is at its limit ...", count - n));
                break;
            }
            if (is_cut && n == shown_inner) {
                page_.line(fmt::format("      ... {} more frames ...", count - shown_inner - shown_outer));
                n = count - shown_outer;
            }
            write_frame(state.frames[n], width);
            if (state.source && state.source->frame == n) write_source(*state.source);
        }
        if (count == 0) page_.line("      no Python frames");
        if (!state.frames_complete && !state.frames_problem.empty()) {
            page_.wrapped("      ", "(not read further: " + state.frames_problem + ")", 6);
        }
    }

    void write_frame(const Frame& frame, int width) {
        const CodeText& code = codes_.of(frame);
        line_.assign("      ").append(code.function);
        line_.append(static_cast<std::size_t>(std::max(0, width - code.function_columns)) + 2, ' ').append(code.file);
        if (frame.line) fmt::format_to(std::back_inserter(line_), ":{}", *frame.line);
        page_.line(line_);
    }

    void write_source(const SourceLine& source) {
        const char* notice = source.newer ? "  (the file is newer than the process)" : "";
        page_.line("          " + visible(source.text) + notice);
    }

    std::int64_t interpreter_of(int tid) const {
        const auto found = states_.find(tid);
        return found == states_.end() ? -1 : found->second.front()->interpreter;
    }

    void write_same(const ThreadGroup& group) {
        const std::size_t shown = verbose_ ? group.same.size() : std::min(group.same.size(), listed_names);
        const std::int64_t usual = interpreter_of(group.shown->tid);
        std::string text = fmt::format("same stack as {}: ", counted(group.same.size(), "other"));
        for (std::size_t n = 0; n < shown; ++n) {
            if (n > 0) text += ", ";
            text += label_of(*group.same[n], interpreter_of(group.same[n]->tid), usual);
        }
        if (shown < group.same.size()) text += fmt::format(" and {} more", group.same.size() - shown);
        const std::vector<std::int64_t> unsaid = unsaid_interpreters(group, shown, usual);
        if (!unsaid.empty()) text += "; they run interpreters " + id_ranges(unsaid) + " too";
        page_.wrapped("    ", text, 6);
    }

    // Those of the other threads of a group that neither the shown stack nor the first `named` labels name.
    std::vector<std::int64_t> unsaid_interpreters(const ThreadGroup& group, std::size_t named,
                                                  std::int64_t usual) const {
        std::set<std::int64_t> said = {usual};
        std::set<std::int64_t> all;
        if (const auto shown = states_.find(group.shown->tid); shown != states_.end()) {
            for (const ThreadState* state : shown->second) said.insert(state->interpreter);
        }
        for (std::size_t n = 0; n < group.same.size(); ++n) {
            const auto found = states_.find(group.same[n]->tid);
            if (found == states_.end()) continue;
            if (n < named) said.insert(found->second.front()->interpreter);
            for (const ThreadState* state : found->second) all.insert(state->interpreter);
        }
        std::vector<std::int64_t> unsaid;
        std::set_difference(all.begin(), all.end(), said.begin(), said.end(), std::back_inserter(unsaid));
        return unsaid;
    }

    void write_idle_interpreters() {
        std::map<std::string_view, std::vector<std::int64_t>> idle;  // by kind
        for (const Interpreter& interpreter : python_.interpreters) {
            const auto& states = interpreter.thread_states;
            const bool is_idle =
                std::none_of(states.begin(), states.end(), [](const ThreadState& state) { return state.tid; });
            if (is_idle) idle[name_of(interpreter.kind)].push_back(interpreter.id);
        }
        for (const auto& [kind, ids] : idle) {
            const std::string_view noun = ids.size() == 1 ? "Interpreter" : "Interpreters";
            page_.wrapped("  ", fmt::format("{} {} ({}): on no thread now", noun, id_ranges(ids), kind), 6);
        }
    }

    void write_orphans() {
        const std::size_t count = orphans(python_).size();
        if (count == 0) return;
        page_.wrapped("  ", counted(count, "thread state") + " of threads that are no longer there", 6);
    }

    Page& page_;
    const Snapshot& look_;
    const Python& python_;
    bool verbose_;
    CodeTexts codes_;
    StatesByTid states_;
    std::unordered_map<int, const Gil*> waits_for_;
    std::string line_;
};

}  // namespace

void write_threads(Page& page, const Inspection& inspection, const TextStyle& style) {
    page.blank();
    const Snapshot& look = inspection.last();
    page.heading("Threads", look.python ? "most recent call first" : "");
    if (look.python) return Threads(page, inspection, *look.python, style.verbose).write();
    for (const Thread& thread : look.threads) {
        page.wrapped(
            "  ", fmt::format("{}  tid {}  {}", thread_name(thread), thread.tid, doing_text(look, thread, nullptr)), 6);
    }
}

}  // namespace subint_doctor::report
