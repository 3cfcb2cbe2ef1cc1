#include "decode_thread_names.h"

#include <string_view>

#include "decode_attributes.h"
#include "decode_strings.h"

namespace subint_doctor::cpython {
namespace {

constexpr std::uint64_t tag_bits = 3;  // of a reference on the stack, 3.14 and later
constexpr std::uint64_t usual_object_size = 256;

bool is_bootstrap(const Code& code) {
    const std::string_view file = code.file;
    return code.name == "_bootstrap" && (file == "threading.py" || file.ends_with("/threading.py"));
}

std::optional<std::string> text_of(Objects& objects, const Result<std::optional<Address>>& found) {
    if (!found || !*found) return std::nullopt;
    Result<std::string> text = read_str(objects, **found, max_name_length);
    if (!text) return std::nullopt;
    return std::move(*text);
}

// The first local variable of the outermost frame; 0: it is not a thread's.
Address thread_object(const StructReader& structs, const StateRecord& record, const std::vector<Code>& codes) {
    if (!record.outermost_frame || !is_bootstrap(codes[record.state.frames.back().code])) return {};
    const Result<Address> self = structs.pointer(record.outermost_frame, Field::frame_localsplus);
    return self ? Address{self->value & ~tag_bits} : Address{};
}

}  // namespace

void name_threads(Objects& objects, std::span<StateRecord> records, const std::vector<Code>& codes) {
    const StructReader& structs = objects.structs();
    const std::uint64_t before = structs.number(Field::object_managed_dict);
    std::vector<Address> selves;
    std::vector<AddressRange> ranges;
    for (const StateRecord& record : records) {
        selves.push_back(thread_object(structs, record, codes));
        if (selves.back()) ranges.push_back({selves.back() - before, before + usual_object_size});
    }
    structs.memory().preload(ranges);

    std::vector<Result<std::optional<Address>>> names;
    ranges.clear();
    for (const Address self : selves) {
        names.push_back(self ? find_attribute(objects, self, "_name") : std::optional<Address>());
        if (names.back() && *names.back()) ranges.push_back({**names.back(), usual_object_size});
    }
    structs.memory().preload(ranges);
    for (std::size_t i = 0; i < records.size(); ++i) records[i].state.python_name = text_of(objects, names[i]);
}

std::optional<std::string> main_thread_name(Objects& objects, Address interpreter) {
    const StructReader& structs = objects.structs();
    const Result<Address> modules = structs.pointer(interpreter, Field::interpreter_imports_modules);
    if (!modules || !*modules) return std::nullopt;
    const Result<std::optional<Address>> threading = find_item(objects, *modules, "threading");
    if (!threading || !*threading) return std::nullopt;
    const Result<bool> is_module = objects.is_builtin(**threading, "module");
    if (!is_module || !*is_module) return std::nullopt;
    const Result<Address> names = structs.pointer(**threading, Field::module_md_dict);
    if (!names) return std::nullopt;
    const Result<std::optional<Address>> thread = find_item(objects, *names, "_main_thread");
    if (!thread || !*thread) return std::nullopt;
    return text_of(objects, find_attribute(objects, **thread, "_name"));
}

}  // namespace subint_doctor::cpython
