// Code objects: each is read once per look, however many frames run it.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "line_table.h"
#include "objects.h"
#include "subint_doctor/model/python.h"

namespace subint_doctor::cpython {

// What frames need of a code object; the rest is in Python::codes.
struct RunnableCode {
    std::optional<std::uint32_t> index;  // into the codes; empty: it is no code object
    Address bytecode;
    Address first_traceable;  // instructions before it only set the frame up
    Address line_table;  // a bytes object
    int first_line = 0;
    bool has_lines = false;  // `lines` was read
    std::vector<std::byte> lines;  // the contents of line_table
    std::unordered_map<std::uint64_t, SourceLocation> located;  // by code unit
};

class CodeTable {
public:
    static constexpr std::size_t max_bytes = 32 * 1024 * 1024;  // of names and line tables, in one look
    static constexpr std::size_t max_line_table = 1024 * 1024;

    // New code objects are appended to `codes`; one that is there already, unchanged, is used again.
    CodeTable(Objects& objects, std::vector<Code>& codes);

    // Fetches what find() and locate() will read of these, in three rounds of scattered reads.
    void preload(std::span<const Address> executables);

    // Fails when what lies there cannot be read, or with `limit` when max_bytes are spent. The pointer stays good.
    Result<RunnableCode*> find(Address executable);

    // Where in the source an instruction of that code is; empty where that cannot be told.
    SourceLocation locate(RunnableCode& code, Address instruction);

private:
    Result<RunnableCode> read(Address executable);
    Result<Code> read_texts(Address code, int first_line);
    Status spend(std::size_t bytes);
    std::uint32_t index_for(Code code);
    const std::vector<std::byte>& lines_of(RunnableCode& code);

    Objects& objects_;
    std::vector<Code>& codes_;
    std::unordered_map<Address, RunnableCode> known_;
    std::unordered_map<Address, std::uint32_t> indices_;
    std::size_t spent_ = 0;
};

}  // namespace subint_doctor::cpython
