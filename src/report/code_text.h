// How a frame is written: the function, and its file as short as it stays clear.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "subint_doctor/model/python.h"

namespace subint_doctor::report {

// Without the folder of the program's own files, of installed packages or of the standard library.
std::string_view short_path(std::string_view file, std::string_view program_folder);

// The folder of the file that the outermost frame of `state` runs, with its last slash; empty: none.
std::string_view folder_of_program(const Python& python, const ThreadState& state);

struct CodeText {
    std::string function;  // escaped
    std::string file;  // escaped
    int function_columns = 0;
    std::size_t identity = 0;  // equal for equal code of different interpreters
};

// Each code object is put into words once, when it is first asked for.
class CodeTexts {
public:
    // `python` must outlive this. verbose: qualified names and full paths.
    CodeTexts(const Python& python, std::string_view program_folder, bool verbose);

    const CodeText& of(const Frame& frame);

private:
    const Python& python_;
    std::string_view program_folder_;
    bool verbose_;
    std::vector<std::optional<CodeText>> texts_;
    CodeText unknown_;
};

}  // namespace subint_doctor::report
