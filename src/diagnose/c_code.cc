#include "c_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "words.h"

namespace subint_doctor::diagnose {
namespace {

std::string_view file_name(const NativeFrame& frame) {
    if (!frame.library) return {};
    const std::string_view path = *frame.library;
    return path.substr(path.rfind('/') + 1);
}

bool begins_with_any(std::string_view name, std::span<const std::string_view> beginnings) {
    return std::ranges::any_of(beginnings, [&](std::string_view known) { return name.starts_with(known); });
}

// Whoever waits or copies does so there.
bool is_of_the_system(const NativeFrame& frame) {
    constexpr std::array<std::string_view, 5> libraries = {"libc.so", "libc-", "libpthread", "ld-linux", "[vdso]"};
    return begins_with_any(file_name(frame), libraries);
}

// Leads from Python to a library and says nothing of its own.
bool is_on_the_way(const NativeFrame& frame) {
    constexpr std::array<std::string_view, 3> libraries = {"libffi.so", "_ctypes.", "_cffi_backend."};
    return begins_with_any(file_name(frame), libraries);
}

std::vector<const NativeFrame*> called_by_python(const MergedStack& merged) {
    std::vector<const NativeFrame*> frames;
    for (const MergedFrame& place : merged.frames) {
        if (place.python) return frames;
        const NativeFrame& frame = merged.native.frames[place.frame];
        if (!place.glue && !is_on_the_way(frame)) frames.push_back(&frame);
    }
    return frames;
}

}  // namespace

std::string c_function_text(const Thread& thread) {
    if (!thread.merged || !thread.merged->problem.empty()) return "";
    const std::vector<const NativeFrame*> frames = called_by_python(*thread.merged);
    auto entered = std::ranges::find_if_not(frames, [](const NativeFrame* frame) { return is_of_the_system(*frame); });
    if (entered == frames.end()) entered = frames.begin();
    const NativeFrame* told = nullptr;
    for (auto frame = entered; frame != frames.end() && (*frame)->library == (*entered)->library; ++frame) {
        if ((*frame)->function) told = *frame;
    }
    if (told == nullptr) return "";
    return fmt::format("{} of {}", printable(*told->function), printable(file_name(*told)));
}

}  // namespace subint_doctor::diagnose
