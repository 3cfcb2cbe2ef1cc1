#include "text_threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "names.h"
#include "subint_doctor/model/nested_states.h"
#include "subint_doctor/model/text.h"
#include "text_stacks.h"
#include "text_words.h"
#include "thread_groups.h"
#include "thread_words.h"

namespace subint_doctor::report {
namespace {

constexpr std::size_t listed_names = 12;
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
          states_(states_by_tid(python)),
          stacks_(page, python, codes_, verbose) {
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
        const std::vector<const ThreadState*> none;
        const std::vector<const ThreadState*>& states = found == states_.end() ? none : found->second;
        if (states.empty()) page_.line("    not a Python thread");
        if (thread.merged) {
            stacks_.write(*thread.merged, states);
        } else {
            stacks_.write(states);
        }
        if (!group.same.empty()) write_same(group);
    }

    // The main thread has its name although the program never imported threading.
    std::string_view name_of_thread(const Thread& thread) const {
        if (!thread.python_name && python_.main_tid == thread.tid) return "MainThread";
        return thread_name(thread).empty() ? no_name : std::string_view(thread_name(thread));
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
    StackLines stacks_;
    std::unordered_map<int, const Gil*> waits_for_;
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
