#include "code_text.h"

#include <functional>

#include "page.h"
#include "subint_doctor/model/own_code.h"
#include "subint_doctor/report/escape.h"

namespace subint_doctor::report {
namespace {

constexpr std::size_t longest_name = 200;  // bytes; the patient chooses its names
constexpr std::size_t longest_path = 1'000;

std::size_t identity_of(const Code& code) {
    const std::hash<std::string_view> hash;
    return hash(code.qualname) * 31 + hash(code.file) * 17 + static_cast<std::size_t>(code.first_line);
}

}  // namespace

std::string_view short_path(std::string_view file, std::string_view program_folder) {
    if (const std::string_view rest = path_in_packages(file); !rest.empty()) return rest;
    if (const std::string_view rest = path_in_library(file); !rest.empty()) return rest;
    const bool is_program = !program_folder.empty() && file.starts_with(program_folder);
    return is_program ? file.substr(program_folder.size()) : file;
}

std::string_view folder_of_program(const Python& python, const ThreadState& state) {
    if (state.frames.empty() || state.frames.back().code >= python.codes.size()) return {};
    const std::string_view file = python.codes[state.frames.back().code].file;
    const std::size_t slash = file.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : file.substr(0, slash + 1);
}

CodeTexts::CodeTexts(const Python& python, std::string_view program_folder, bool verbose)
    : python_(python), program_folder_(program_folder), verbose_(verbose), texts_(python.codes.size()) {
    unknown_.function.assign(1, '?');
    unknown_.file.assign(1, '?');
    unknown_.function_columns = 1;
}

const CodeText& CodeTexts::of(const Frame& frame) {
    if (frame.code >= texts_.size()) return unknown_;
    std::optional<CodeText>& text = texts_[frame.code];
    if (text) return *text;
    const Code& code = python_.codes[frame.code];
    const std::string_view function = verbose_ && !code.qualname.empty() ? code.qualname : code.name;
    const std::string_view file = verbose_ ? std::string_view(code.file) : short_path(code.file, program_folder_);
    text.emplace();
    text->function = visible(cut(function, longest_name));
    text->file = visible(cut(file, longest_path));
    text->function_columns = columns_of(text->function);
    text->identity = identity_of(code);
    return *text;
}

}  // namespace subint_doctor::report
