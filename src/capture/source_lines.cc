#include "source_lines.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "subint_doctor/model/own_code.h"
#include "subint_doctor/model/text.h"

namespace subint_doctor::capture {
namespace {

constexpr std::size_t most_files = 32;
constexpr std::size_t most_bytes = 512U << 10U;  // of a file; its lines beyond are not known
constexpr std::size_t longest_line = 200;
constexpr std::int64_t start_is_known_to_ms = 1'000;  // the kernel tells it in ticks, and the look takes its time

// Index into the frames of the state; their count where none is the program's own.
std::size_t own_frame(const Python& python, const ThreadState& state) {
    const auto found = std::ranges::find_if(state.frames, [&](const Frame& frame) {
        return frame.code < python.codes.size() && is_own_file(python.codes[frame.code].file);
    });
    return static_cast<std::size_t>(found - state.frames.begin());
}

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view white = " \t\r\f\v";
    line.remove_prefix(std::min(line.find_first_not_of(white), line.size()));
    return line.substr(0, line.find_last_not_of(white) + 1);
}

// 1-based; empty where there is no such line.
std::string_view line_of(std::string_view text, int number) {
    for (; number > 1 && !text.empty(); --number) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    return number == 1 ? trimmed(text.substr(0, text.find('\n'))) : std::string_view();
}

}  // namespace

void SourceLines::read(const os::Target& patient, const Snapshot& look) {
    if (patient.live() == nullptr || !look.python) return;
    std::vector<std::string> paths;
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            const std::size_t frame = own_frame(*look.python, state);
            if (frame == state.frames.size() || files_.size() == most_files) continue;
            const std::string& path = look.python->codes[state.frames[frame].code].file;
            if (files_.try_emplace(path).second) paths.push_back(path);
        }
    }
    std::vector<std::optional<os::FileText>> texts = patient.live()->read_files(paths, most_bytes);
    for (std::size_t n = 0; n < paths.size(); ++n) files_[paths[n]] = std::move(texts[n]);
}

void SourceLines::add_to(Snapshot& look) const {
    if (!look.python) return;
    const std::int64_t started_unix_ms = look.taken_at_unix_ms - static_cast<std::int64_t>(look.process.age_ms);
    for (Interpreter& interpreter : look.python->interpreters) {
        for (ThreadState& state : interpreter.thread_states) {
            const std::size_t frame = own_frame(*look.python, state);
            if (frame == state.frames.size() || !state.frames[frame].line) continue;
            const auto file = files_.find(look.python->codes[state.frames[frame].code].file);
            if (file == files_.end() || !file->second) continue;
            const std::string_view line = line_of(file->second->text, *state.frames[frame].line);
            if (line.empty()) continue;
            state.source = SourceLine{frame, std::string(cut(line, longest_line)),
                                      file->second->modified_unix_ms > started_unix_ms + start_is_known_to_ms};
        }
    }
}

}  // namespace subint_doctor::capture
