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
    std::optional<std::vector<std::byte>> lines;  // the contents of line_table, where they are kept
};

class CodeTable {
public:
    static constexpr std::size_t max_codes = 32'768;  // in one look
    static constexpr std::size_t max_text = 12 * 1024 * 1024;  // bytes of names and paths of them all
    static constexpr std::size_t max_kept_lines = 2 * 1024 * 1024;  // bytes; other line tables are read again
    static constexpr std::size_t max_line_table = 1024 * 1024;

    // New code objects are appended to `codes`; one that is there already, unchanged, is used again.
    CodeTable(Objects& objects, std::vector<Code>& codes);

    // Fetches what find() and locate() will read of these, in two rounds of scattered reads.
    void preload(std::span<const Address> executables);

    // Fails when what lies there cannot be read, or with `limit`. The pointer stays good.
    Result<RunnableCode*> find(Address executable);

    // Where in the source an instruction of that code is; empty where that cannot be told.
    SourceLocation locate(RunnableCode& code, Address instruction);

private:
    // What of a code object tells it from another one that was at the same address before.
    struct Header {
        Address name;
        Address qualname;
        Address file;
        Address line_table;
        int first_line = 0;
        std::uint64_t identity() const;
    };

    Result<RunnableCode> read(Address executable);
    Result<std::uint32_t> index_for(Address executable, const Header& header);
    Result<Code> read_texts(Address executable, const Header& header);
    Result<Header> read_header(Address executable) const;
    bool is_known(Address executable) const;
    std::span<const std::byte> lines_of(RunnableCode& code);

    Objects& objects_;
    std::vector<Code>& codes_;
    std::unordered_map<Address, RunnableCode> known_;
    std::unordered_map<Address, std::uint32_t> indices_;
    std::unordered_map<Address, SourceLocation> located_;  // by instruction: those of a recursion come again and again
    std::vector<std::byte> lines_;  // of the code that was asked for last, where it does not keep them
    std::size_t text_size_ = 0;
    std::size_t kept_lines_ = 0;
};

}  // namespace subint_doctor::cpython
