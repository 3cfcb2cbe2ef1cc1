#include "text_stacks.h"

#include <fmt/format.h>

#include <algorithm>

#include "c_names.h"
#include "names.h"
#include "subint_doctor/model/text.h"
#include "thread_words.h"

namespace subint_doctor::report {
namespace {

constexpr std::size_t longest_stack = 30;  // frames; of a longer one, both ends are shown
constexpr std::size_t shown_inner = 20;
constexpr std::size_t shown_outer = 10;
constexpr std::size_t largest_text = std::size_t{16} << 20U;  // bytes; beyond it no frame is written
constexpr int narrowest_function = 16;
constexpr int widest_function = 32;

const ThreadState* find_state(const std::vector<const ThreadState*>& states, Address address) {
    const auto found = std::ranges::find(states, address, &ThreadState::address);
    return found == states.end() ? nullptr : *found;
}

}  // namespace

void StackLines::write(const std::vector<const ThreadState*>& states) {
    const ThreadState* inner = nullptr;
    for (const ThreadState* state : states) {
        write_heading(*state, inner);
        std::vector<Row> rows;
        for (std::size_t n = 0; n < state->frames.size(); ++n) rows.push_back(python_row(*state, n));
        write_rows(rows);
        if (rows.empty()) page_.line("      no Python frames");
        write_end(*state);
        inner = state;
    }
}

// C frames that lie between the frames of two interpreters were called by the outer one's.
void StackLines::write(const MergedStack& merged, const std::vector<const ThreadState*>& states) {
    const ThreadState* state = nullptr;
    std::vector<Row> rows;
    const auto end_section = [&] {
        write_rows(rows);
        rows.clear();
        if (state != nullptr) write_end(*state);
    };
    std::vector<Row> c_rows;  // whose caller is yet to come
    for (const MergedFrame& frame : merged.frames) {
        if (!frame.python) {
            if (verbose_ || !frame.glue) c_rows.push_back(c_row(merged.native.frames[frame.frame]));
            continue;
        }
        const ThreadState* owner = find_state(states, frame.thread_state);
        if (owner == nullptr || frame.frame >= owner->frames.size()) continue;
        if (owner != state) {
            end_section();
            write_heading(*owner, state);
            state = owner;
        }
        rows.insert(rows.end(), c_rows.begin(), c_rows.end());
        c_rows.clear();
        rows.push_back(python_row(*owner, frame.frame));
    }
    rows.insert(rows.end(), c_rows.begin(), c_rows.end());
    end_section();
    for (const std::string* problem : {&merged.problem, &merged.native.problem}) {
        if (!problem->empty()) page_.wrapped("      ", "(C stack: " + *problem + ")", 6);
    }
}

void StackLines::write_heading(const ThreadState& state, const ThreadState* inner) {
    std::string text = interpreter_text(python_, state, verbose_);
    if (inner != nullptr && inner->interpreter != state.interpreter)
        text += fmt::format("      runs interpreter {} from here", inner->interpreter);
    page_.line("    " + text);
}

void StackLines::write_end(const ThreadState& state) {
    if (!state.frames_complete && !state.frames_problem.empty())
        page_.wrapped("      ", "(not read further: " + state.frames_problem + ")", 6);
}

void StackLines::write_rows(const std::vector<Row>& rows) {
    const std::size_t count = rows.size();
    const bool is_cut = !verbose_ && count > longest_stack;
    const auto is_left_out = [&](std::size_t n) { return is_cut && n >= shown_inner && n < count - shown_outer; };
    int width = narrowest_function;
    for (std::size_t n = 0; n < count; ++n) {
        if (!is_left_out(n)) width = std::max(width, rows[n].columns);
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
        const Row& row = rows[n];
        const auto padding = static_cast<std::size_t>(std::max(0, width - row.columns)) + 2;
        page_.line("      " + row.function + (row.place.empty() ? "" : std::string(padding, ' ') + row.place));
        if (row.source == nullptr) continue;
        const char* notice = row.source->newer ? "  (the file is newer than the process)" : "";
        page_.line("          " + visible(row.source->text) + notice);
    }
}

StackLines::Row StackLines::python_row(const ThreadState& state, std::size_t frame) {
    const CodeText& code = codes_.of(state.frames[frame]);
    Row row{code.function, code.function_columns, code.file, nullptr};
    if (state.frames[frame].line) row.place += fmt::format(":{}", *state.frames[frame].line);
    if (state.source && state.source->frame == frame) row.source = &*state.source;
    return row;
}

// In brackets the file of the machine code, so that no C frame is taken for a Python one.
StackLines::Row StackLines::c_row(const NativeFrame& frame) const {
    const std::string_view path = frame.library ? std::string_view(*frame.library) : "no file";
    const std::string library = visible(verbose_ ? path : library_name(path));
    Row row;
    if (frame.function) {
        row.function = visible(verbose_ ? *frame.function : short_c_name(*frame.function));
    } else if (frame.library_offset) {
        row.function = fmt::format("{}+{:#x}", visible(library_name(path)), *frame.library_offset);
    } else {
        row.function = fmt::format("{:#x}", frame.address.value);
    }
    row.columns = columns_of(row.function);
    if (frame.function || !frame.library || verbose_) row.place = fmt::format("[{}]", library);
    if (frame.inlined) row.place += " inlined";
    if (frame.signal_frame) row.place += " signal frame";
    if (frame.file) row.place += " " + place_of(frame);
    if (verbose_) row.place += fmt::format(" {:#x} by {}", frame.address.value, name_of(frame.via));
    return row;
}

std::string StackLines::place_of(const NativeFrame& frame) const {
    const std::string_view file = verbose_ ? std::string_view(*frame.file) : library_name(*frame.file);
    return visible(file) + (frame.line ? fmt::format(":{}", *frame.line) : "");
}

}  // namespace subint_doctor::report
