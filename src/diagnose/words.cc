#include "words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "subint_doctor/model/own_code.h"
#include "subint_doctor/model/text.h"
#include "subint_doctor/model/wait_text.h"

namespace subint_doctor::diagnose {
namespace {

constexpr std::size_t longest_name = 200;

std::string_view short_file(std::string_view file) {
    if (const std::string_view rest = path_in_packages(file); !rest.empty()) return rest;
    if (const std::string_view rest = path_in_library(file); !rest.empty()) return rest;
    return file.starts_with("<frozen ") ? file : file.substr(file.rfind('/') + 1);
}

const Code* code_of(const Python& python, const Frame& frame) {
    return frame.code < python.codes.size() ? &python.codes[frame.code] : nullptr;
}

}  // namespace

std::string printable(std::string_view text) { return visible(cut(text, longest_name)); }

std::string thread_name(const Case& seen, int tid) {
    const Thread* thread = find_thread(seen, tid);
    if (thread != nullptr && thread->python_name && !thread->python_name->empty())
        return printable(*thread->python_name);
    if (tid == seen.main_tid) return "MainThread";
    if (thread != nullptr && !thread->name.empty()) return printable(thread->name);
    return fmt::format("thread {}", tid);
}

std::string thread_label(const Case& seen, int tid) { return fmt::format("{} (tid {})", thread_name(seen, tid), tid); }

std::string thread_in_sentence(const Case& seen, int tid) {
    if (tid == seen.main_tid) return "the main thread";
    const Thread* thread = find_thread(seen, tid);
    const bool named = thread != nullptr && thread->python_name && !thread->python_name->empty();
    return named ? "thread " + thread_name(seen, tid) : fmt::format("thread {}", tid);
}

std::string capitalised(std::string text) {
    if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

std::string interpreter_label(const Case& seen, std::int64_t id) {
    const Interpreter* interpreter = find_interpreter(seen, id);
    if (interpreter == nullptr || interpreter->kind == InterpreterKind::other) return fmt::format("interpreter {}", id);
    const bool own = interpreter->kind == InterpreterKind::isolated;
    const char* kind = interpreter->kind == InterpreterKind::main ? "main" : own ? "isolated" : "legacy";
    return fmt::format("interpreter {} ({})", id, kind);
}

std::string counted(std::string_view noun, const std::vector<std::int64_t>& ids) {
    constexpr std::size_t shown = 4;
    std::vector<std::int64_t> sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    std::string text = fmt::format("{}{}", noun, sorted.size() == 1 ? "" : "s");
    const std::size_t listed = sorted.size() > shown + 1 ? shown : sorted.size();
    for (std::size_t i = 0; i < listed; ++i) {
        const bool last = i + 1 == sorted.size() && i > 0;
        text += fmt::format("{}{}", i == 0 ? " " : last ? " and " : ", ", sorted[i]);
    }
    if (listed < sorted.size()) text += fmt::format(" and {} more", sorted.size() - listed);
    return text;
}

std::string frame_text(const Python& python, const Frame& frame) {
    const Code* code = code_of(python, frame);
    if (code == nullptr) return "an unknown function";
    const std::string function = printable(code->qualname.empty() ? code->name : code->qualname);
    const std::string file = printable(short_file(code->file));
    return frame.line ? fmt::format("{} at {}:{}", function, file, *frame.line)
                      : fmt::format("{} in {}", function, file);
}

std::string place_text(const Python& python, const ThreadState& state) {
    if (state.frames.empty()) return {};
    std::string text = frame_text(python, state.frames.front());
    const Code* innermost = code_of(python, state.frames.front());
    if (innermost == nullptr || !is_standard_library(innermost->file)) return text;
    const auto caller = std::find_if(state.frames.begin(), state.frames.end(), [&](const Frame& frame) {
        const Code* code = code_of(python, frame);
        return code != nullptr && !is_standard_library(code->file);
    });
    if (caller != state.frames.end()) text += ", called from " + frame_text(python, *caller);
    return text;
}

std::string sleep_text(const Thread& thread) {
    if (!thread.syscall) return "the kernel";
    const std::string& name = thread.syscall->name;
    const std::string what = describe_wait(thread);
    if (what.starts_with(name)) return printable(what);
    return what.empty() ? name : fmt::format("{} ({})", name, printable(what));
}

std::string in_all_looks_text(const Case& seen) {
    if (seen.looks.size() == 1) return "the one look";
    return seen.looks.size() == 2 ? "both looks" : fmt::format("all {} looks", seen.looks.size());
}

}  // namespace subint_doctor::diagnose
