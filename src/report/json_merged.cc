#include <fmt/format.h>

#include <algorithm>

#include "json_parts.h"
#include "json_stream.h"
#include "names.h"
#include "subint_doctor/model/text.h"

namespace subint_doctor::report {
namespace {

constexpr std::size_t longest_name = 4'096;

Json json_c_frame(const NativeFrame& frame, bool glue) {
    Json json;
    json["function"] = frame.function ? json_text(cut(*frame.function, longest_name)) : Json(nullptr);
    json["library"] = json_optional(frame.library);
    json["library_offset"] = frame.library_offset ? json_address({*frame.library_offset}) : Json(nullptr);
    json["file"] = json_optional(frame.file);
    json["line"] = json_optional(frame.line);
    json["address"] = json_address(frame.address);
    json["inlined"] = frame.inlined;
    json["signal_frame"] = frame.signal_frame;
    json["glue"] = glue;
    json["via"] = name_of(frame.via);
    return json;
}

Json json_python_frame(const Python& python, const ThreadState& state, const Frame& frame) {
    const Code* code = frame.code < python.codes.size() ? &python.codes[frame.code] : nullptr;
    Json json;
    json["python"] = true;
    json["interpreter"] = state.interpreter;
    json["function"] = code != nullptr ? json_text(cut(code->name, longest_name)) : Json(nullptr);
    json["file"] = code != nullptr ? json_text(code->file) : Json(nullptr);
    json["line"] = json_optional(frame.line);
    return json;
}

Json json_place(const Snapshot& look, const MergedStack& merged, const MergedFrame& place,
                const std::vector<const ThreadState*>& states) {
    if (!place.python) return json_c_frame(merged.native.frames[place.frame], place.glue);
    const auto owner = std::ranges::find(states, place.thread_state, &ThreadState::address);
    if (owner == states.end() || place.frame >= (*owner)->frames.size()) return nullptr;
    return json_python_frame(*look.python, **owner, (*owner)->frames[place.frame]);
}

std::string problem_of(const MergedStack& merged, std::size_t left_out) {
    if (left_out != 0) return fmt::format("{} more frames: the report is at its limit", left_out);
    return merged.problem.empty() ? merged.native.problem : merged.problem;
}

}  // namespace

void write_merged_stack(JsonStream& out, const Snapshot& look, const MergedStack& merged,
                        const std::vector<const ThreadState*>& states) {
    const std::string_view inside = name_of(merged.inside);
    out.member("inside", inside.empty() ? Json(nullptr) : Json(inside));
    out.key("native_frames");
    out.begin('[');
    std::size_t written = 0;
    for (; written < merged.frames.size() && out.size() < largest_report; ++written) {
        const Json frame = json_place(look, merged, merged.frames[written], states);
        if (!frame.is_null()) out.value(frame);
    }
    out.end(']');
    const std::size_t left_out = merged.frames.size() - written;
    out.member("native_frames_complete", merged.native.complete && left_out == 0);
    const std::string problem = problem_of(merged, left_out);
    out.member("native_frames_problem", problem.empty() ? Json(nullptr) : json_text(problem));
}

}  // namespace subint_doctor::report
