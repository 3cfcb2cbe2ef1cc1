#include "decode_code.h"

#include <algorithm>
#include <array>

#include "decode_strings.h"

namespace subint_doctor::cpython {
namespace {

// Most names, paths and line tables end within this many bytes of where their objects start.
constexpr std::uint64_t usual_text_size = 256;
constexpr std::uint64_t code_unit_size = 2;
constexpr std::uint64_t table_bytes_per_step = 16;

std::size_t text_size(const Code& code) { return code.name.size() + code.qualname.size() + code.file.size(); }

}  // namespace

CodeTable::CodeTable(Objects& objects, std::vector<Code>& codes) : objects_(objects), codes_(codes) {
    for (std::uint32_t index = 0; index < codes.size(); ++index) {
        indices_[codes[index].address] = index;
        text_size_ += text_size(codes[index]);
    }
}

std::uint64_t CodeTable::Header::identity() const {
    constexpr std::uint64_t fnv_prime = 0x100000001b3;
    std::uint64_t hash = static_cast<std::uint32_t>(first_line);
    for (const Address part : {name, qualname, file, line_table}) hash = (hash ^ part.value) * fnv_prime;
    return hash;
}

bool CodeTable::is_known(Address executable) const {
    const auto known = indices_.find(executable);
    if (known == indices_.end()) return false;
    const Result<Header> header = read_header(executable);
    return header && header->identity() == codes_[known->second].identity;
}

void CodeTable::preload(std::span<const Address> executables) {
    const StructReader& structs = objects_.structs();
    std::vector<AddressRange> ranges;
    for (const Address code : executables) ranges.push_back({code, structs.number(Field::code_size)});
    structs.memory().preload(ranges);

    constexpr std::array texts = {Field::code_name, Field::code_qualname, Field::code_filename, Field::code_linetable};
    ranges.clear();
    for (const Address code : executables) {
        const bool only_lines = is_known(code);
        for (const Field field : texts) {
            if (only_lines && field != Field::code_linetable) continue;
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

Result<CodeTable::Header> CodeTable::read_header(Address executable) const {
    StructView view(objects_.structs(), executable);
    Header header;
    header.name = view.pointer(Field::code_name);
    header.qualname = view.pointer(Field::code_qualname);
    header.file = view.pointer(Field::code_filename);
    header.line_table = view.pointer(Field::code_linetable);
    header.first_line = view.get<std::int32_t>(Field::code_firstlineno);
    if (view.error()) return *view.error();
    return header;
}

Result<RunnableCode> CodeTable::read(Address executable) {
    const Result<bool> is_code = objects_.is_builtin(executable, "code");
    if (!is_code) return is_code.error();
    RunnableCode code;
    if (!*is_code) return code;
    const StructReader& structs = objects_.structs();
    const Result<Header> header = read_header(executable);
    if (!header) return header.error();
    const auto first_traceable = structs.get<std::int32_t>(executable, Field::code_firsttraceable);
    if (!first_traceable && structs.layout().offset(Field::code_firsttraceable)) return first_traceable.error();
    code.first_line = header->first_line;
    code.line_table = header->line_table;
    code.bytecode = executable + structs.number(Field::code_adaptive);
    const int units_before = std::max(first_traceable.value_or(0), 0);
    code.first_traceable = code.bytecode + static_cast<std::uint64_t>(units_before) * code_unit_size;
    const Result<std::uint32_t> index = index_for(executable, *header);
    if (!index) return index.error();
    code.index = *index;
    return code;
}

Result<std::uint32_t> CodeTable::index_for(Address executable, const Header& header) {
    const auto known = indices_.find(executable);
    if (known != indices_.end() && codes_[known->second].identity == header.identity()) return known->second;
    Result<Code> code = read_texts(executable, header);
    if (!code) return code.error();
    const std::size_t size = text_size(*code);
    if (codes_.size() >= max_codes || size > max_text - std::min(text_size_, max_text)) {
        return Error{ErrorCode::limit, "reading too many code objects"};
    }
    text_size_ += size;
    const auto index = static_cast<std::uint32_t>(codes_.size());
    indices_[executable] = index;
    codes_.push_back(std::move(*code));
    return index;
}

Result<Code> CodeTable::read_texts(Address executable, const Header& header) {
    Result<std::string> name = read_name(objects_, header.name);
    if (!name) return name.error();
    Result<std::string> qualname = read_name(objects_, header.qualname);
    if (!qualname) return qualname.error();
    Result<std::string> file = read_path(objects_, header.file);
    if (!file) return file.error();
    return Code{executable,       std::move(*name),  std::move(*qualname),
                std::move(*file), header.first_line, header.identity()};
}

SourceLocation CodeTable::locate(RunnableCode& code, Address instruction) {
    if (instruction < code.bytecode) return {};
    const auto [entry, is_new] = located_.try_emplace(instruction);
    if (!is_new) return entry->second;
    const std::span<const std::byte> lines = lines_of(code);
    objects_.structs().memory().add({0, 0, lines.size() / table_bytes_per_step});
    if (objects_.structs().memory().spent()) return {};
    const std::uint64_t unit = (instruction.value - code.bytecode.value) / code_unit_size;
    switch (objects_.structs().layout().shapes().line_table) {
        case LineTableForm::locations:
            entry->second = find_location(lines, code.first_line, unit);
    }
    return entry->second;
}

std::span<const std::byte> CodeTable::lines_of(RunnableCode& code) {
    if (code.lines) return *code.lines;
    Result<std::vector<std::byte>> lines = read_bytes(objects_, code.line_table, max_line_table);
    std::vector<std::byte> contents = lines ? std::move(*lines) : std::vector<std::byte>();
    if (contents.size() > max_kept_lines - kept_lines_) {
        lines_ = std::move(contents);
        return lines_;
    }
    kept_lines_ += contents.size();
    code.lines = std::move(contents);
    return *code.lines;
}

}  // namespace subint_doctor::cpython
