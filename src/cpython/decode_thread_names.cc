#include "decode_thread_names.h"

#include <string_view>

#include "decode_attributes.h"
#include "decode_strings.h"

namespace subint_doctor::cpython {
namespace {

constexpr std::uint64_t usual_object_size = 256;

bool is_bootstrap(const Code& code) {
    const std::string_view file = code.file;
    return code.name == "_bootstrap" && (file == "threading.py" || file.ends_with("/threading.py"));
}

std::optional<std::string> text_of(Objects& objects, const Result<std::optional<Address>>& found) {
    if (!found || !*found) return std::nullopt;
    Result<std::string> text = read_name(objects, **found);
    if (!text) return std::nullopt;
    return std::move(*text);
}

// 0: it is not a thread's.
Address thread_object(const NamelessThread& thread, const std::vector<Code>& codes) {
    return is_bootstrap(codes[thread.state->frames.back().code]) ? thread.first_local : Address{};
}

}  // namespace

void name_threads(Objects& objects, std::span<const NamelessThread> threads, const std::vector<Code>& codes) {
    const StructReader& structs = objects.structs();
    const std::uint64_t before = structs.number(Field::object_managed_dict);
    std::vector<Address> selves;
    std::vector<AddressRange> ranges;
    for (const NamelessThread& thread : threads) {
        selves.push_back(thread_object(thread, codes));
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
    for (std::size_t i = 0; i < threads.size(); ++i) threads[i].state->python_name = text_of(objects, names[i]);
}

std::optional<std::string> main_thread_name(Objects& objects, Address interpreter) {
    const StructReader& structs = objects.structs();
    const Result<Address> modules = structs.pointer(interpreter, Field::interpreter_imports_modules);
    if (!modules || !*modules) return std::nullopt;
    const Result<std::optional<Address>> threading = find_item(objects, *modules, "threading");
    if (!threading) return std::nullopt;
    if (!*threading) return "MainThread";
    const Result<bool> is_module = objects.is_builtin(**threading, "module");
    if (!is_module || !*is_module) return std::nullopt;
    const Result<Address> names = structs.pointer(**threading, Field::module_md_dict);
    if (!names) return std::nullopt;
    const Result<std::optional<Address>> thread = find_item(objects, *names, "_main_thread");
    if (!thread || !*thread) return std::nullopt;
    return text_of(objects, find_attribute(objects, **thread, "_name"));
}

}  // namespace subint_doctor::cpython
