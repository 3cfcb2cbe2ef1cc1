// One thread's stack as lines: its Python frames under the interpreters that they belong to and, where the C stack was
// copied, the C frames between them.
#pragma once

#include <string>
#include <vector>

#include "code_text.h"
#include "page.h"
#include "subint_doctor/model/merged_stack.h"

namespace subint_doctor::report {

class StackLines {
public:
    // All must outlive this.
    StackLines(Page& page, const Python& python, CodeTexts& codes, bool verbose)
        : page_(page), python_(python), codes_(codes), verbose_(verbose) {}

    // `states` innermost first; may be empty with a merged stack: a thread without Python.
    void write(const std::vector<const ThreadState*>& states);
    void write(const MergedStack& merged, const std::vector<const ThreadState*>& states);

private:
    struct Row {
        std::string function;
        int columns = 0;
        std::string place;
        const SourceLine* source = nullptr;
    };

    void write_heading(const ThreadState& state, const ThreadState* inner);
    void write_end(const ThreadState& state);
    void write_rows(const std::vector<Row>& rows);
    Row python_row(const ThreadState& state, std::size_t frame);
    Row c_row(const NativeFrame& frame) const;
    std::string place_of(const NativeFrame& frame) const;  // in the source

    Page& page_;
    const Python& python_;
    CodeTexts& codes_;
    bool verbose_;
};

}  // namespace subint_doctor::report
