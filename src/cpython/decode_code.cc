#include "decode_code.h"

#include <algorithm>
#include <array>

#include "decode_strings.h"

namespace subint_doctor::cpython {
namespace {

// Most names, paths and line tables end within this many bytes of where their objects start.
constexpr std::uint64_t usual_text_size = 256;
constexpr std::uint64_t code_unit_size = 2;

}  // namespace

CodeTable::CodeTable(Objects& objects, std::vector<Code>& codes) : objects_(objects), codes_(codes) {
    for (std::uint32_t index = 0; index < codes.size(); ++index) indices_[codes[index].address] = index;
}

void CodeTable::preload(std::span<const Address> executables) {
    const StructReader& structs = objects_.structs();
    std::vector<AddressRange> ranges;
    for (const Address code : executables) ranges.push_back({code, structs.number(Field::code_size)});
    structs.memory().preload(ranges);

    constexpr std::array texts = {Field::code_name, Field::code_qualname, Field::code_filename, Field::code_linetable};
    ranges.clear();
    for (const Address code : executables) {
        for (const Field field : texts) {
            const Result<Address> text = structs.pointer(code, field);
            if (text) ranges.push_back({*text, usual_text_size});
        }
    }
    structs.memory().preload(ranges);
}

Result<RunnableCode*> CodeTable::find(Address executable) {
    if (const auto known = known_.find(executable); known != known_.end()) return &known->second;
    Result<RunnableCode> code = read(executable);
    if (!code) return code.error();
    return &known_.emplace(executable, std::move(*code)).first->second;
}

Result<RunnableCode> CodeTable::read(Address executable) {
    const Result<bool> is_code = objects_.is_builtin(executable, "code");
    if (!is_code) return is_code.error();
    RunnableCode code;
    if (!*is_code) return code;
    const StructReader& structs = objects_.structs();
    StructView view(structs, executable);
    code.first_line = view.get<std::int32_t>(Field::code_firstlineno);
    code.line_table = view.pointer(Field::code_linetable);
    const auto first_traceable = view.get<std::int32_t>(Field::code_firsttraceable);
    if (view.error()) return *view.error();
    code.bytecode = executable + structs.number(Field::code_adaptive);
    code.first_traceable = code.bytecode + static_cast<std::uint64_t>(std::max(first_traceable, 0)) * code_unit_size;
    Result<Code> texts = read_texts(executable, code.first_line);
    if (!texts) return texts.error();
    code.index = index_for(std::move(*texts));
    return code;
}

Result<Code> CodeTable::read_texts(Address address, int first_line) {
    StructView view(objects_.structs(), address);
    const Address name = view.pointer(Field::code_name);
    const Address qualname = view.pointer(Field::code_qualname);
    const Address file = view.pointer(Field::code_filename);
    if (view.error()) return *view.error();
    Code code{address, "", "", "", first_line};
    Result<std::string> text = read_str(objects_, name, max_name_length);
    if (text) {
        code.name = std::move(*text);
        text = read_str(objects_, qualname, max_name_length);
    }
    if (text) {
        code.qualname = std::move(*text);
        text = read_str(objects_, file, max_path_length);
    }
    if (!text) return text.error();
    code.file = std::move(*text);
    if (Status status = spend(code.name.size() + code.qualname.size() + code.file.size()); !status.ok()) {
        return status.error();
    }
    return code;
}

Status CodeTable::spend(std::size_t bytes) {
    if (bytes > max_bytes - spent_) return Error{ErrorCode::limit, "reading too many code objects"};
    spent_ += bytes;
    return Done{};
}

std::uint32_t CodeTable::index_for(Code code) {
    const auto known = indices_.find(code.address);
    if (known != indices_.end() && codes_[known->second] == code) return known->second;
    const auto index = static_cast<std::uint32_t>(codes_.size());
    indices_[code.address] = index;
    codes_.push_back(std::move(code));
    return index;
}

SourceLocation CodeTable::locate(RunnableCode& code, Address instruction) {
    if (instruction < code.bytecode) return {};
    const std::uint64_t unit = (instruction.value - code.bytecode.value) / code_unit_size;
    const auto [entry, is_new] = code.located.try_emplace(unit);
    if (is_new) entry->second = find_location(lines_of(code), code.first_line, unit);
    return entry->second;
}

const std::vector<std::byte>& CodeTable::lines_of(RunnableCode& code) {
    if (code.has_lines) return code.lines;
    code.has_lines = true;
    Result<std::vector<std::byte>> lines = read_bytes(objects_, code.line_table, max_line_table);
    if (lines && spend(lines->size()).ok()) code.lines = std::move(*lines);
    return code.lines;
}

}  // namespace subint_doctor::cpython
