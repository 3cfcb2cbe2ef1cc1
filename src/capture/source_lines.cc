#include "source_lines.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "subint_doctor/model/own_code.h"
#include "subint_doctor/model/text.h"

namespace subint_doctor::capture {
namespace {

constexpr std::size_t most_files = 16;
constexpr std::size_t most_lines = 1'024;
constexpr std::size_t most_bytes = 256U << 10U;  // of a file; its lines beyond are not known
constexpr std::size_t longest_line = 200;
constexpr std::int64_t start_is_known_to_ms = 1'000;  // the kernel tells it in ticks, and the look takes its time

// Whether each code object is the program's own.
std::vector<bool> own_codes(const Python& python) {
    std::vector<bool> own;
    own.reserve(python.codes.size());
    for (const Code& code : python.codes) own.push_back(is_own_file(code.file));
    return own;
}

// Index into the frames of the state; their count where none is the program's own.
std::size_t own_frame(const std::vector<bool>& own, const ThreadState& state) {
    const auto found = std::ranges::find_if(
        state.frames, [&](const Frame& frame) { return frame.code < own.size() && own[frame.code]; });
    return static_cast<std::size_t>(found - state.frames.begin());
}

bool watches_files(const Snapshot& look) {
    return std::ranges::any_of(look.descriptors, [](const Descriptor& d) { return d.link == "anon_inode:inotify"; });
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
    if (patient.live() == nullptr || !look.python || watches_files(look)) return;
    const std::vector<bool> own = own_codes(*look.python);
    std::vector<std::string> paths;
    for (const Interpreter& interpreter : look.python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            const std::size_t frame = own_frame(own, state);
            if (frame == state.frames.size() || files_.size() == most_files) continue;
            const std::string& path = look.python->codes[state.frames[frame].code].file;
            if (files_.try_emplace(path).second) paths.push_back(path);
        }
    }
    if (paths.empty()) return;
    auto texts = patient.live()->read_files(paths, most_bytes);
    if (!texts) return;
    for (std::size_t n = 0; n < paths.size(); ++n) {
        std::optional<os::FileText>& file = files_[paths[n]] = std::move((*texts)[n]);
        if (file && file->text.size() == most_bytes) file->text.resize(file->text.rfind('\n') + 1);  // whole lines
    }
}

void SourceLines::add_to(Snapshot& look) const {
    if (!look.python) return;
    const std::int64_t started_unix_ms = look.taken_at_unix_ms - static_cast<std::int64_t>(look.process.age_ms);
    const std::vector<bool> own = own_codes(*look.python);
    std::map<std::pair<const os::FileText*, int>, std::string_view> known;  // many threads stand at the same line
    for (Interpreter& interpreter : look.python->interpreters) {
        for (ThreadState& state : interpreter.thread_states) {
            const std::size_t frame = own_frame(own, state);
            if (frame == state.frames.size() || !state.frames[frame].line) continue;
            const auto file = files_.find(look.python->codes[state.frames[frame].code].file);
            if (file == files_.end() || !file->second) continue;
            const os::FileText& text = *file->second;
            const int number = *state.frames[frame].line;
            if (known.size() == most_lines && !known.contains({&text, number})) continue;
            const auto [line, is_new] = known.try_emplace({&text, number});
            if (is_new) line->second = line_of(text.text, number);
            if (line->second.empty()) continue;
            state.source = SourceLine{frame, std::string(cut(line->second, longest_line)),
                                      text.modified_unix_ms > started_unix_ms + start_is_known_to_ms};
        }
    }
}

}  // namespace subint_doctor::capture
