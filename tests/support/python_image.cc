#include "python_image.h"

#include <algorithm>

namespace subint_doctor::test {
namespace {

using cpython::Field;

// Every structure gets more room than any layout's fields need.
constexpr std::uint64_t runtime_room = 160 * 1024;
constexpr std::uint64_t interpreter_room = 16 * 1024;
constexpr std::uint64_t object_room = 2048;
constexpr std::uint64_t code_room = 4096;
constexpr std::uint64_t alignment = 16;

constexpr std::uint64_t heap_type_flag = 1U << 9;
constexpr std::uint64_t inline_values_and_managed_dict = (1U << 2) | (1U << 4);
constexpr std::uint64_t str_flag = 1U << 28;
constexpr std::uint64_t dict_flag = 1U << 29;

}  // namespace

PythonImage::PythonImage(FakeMemory& memory, const cpython::Layout& layout, Address heap, Runtime runtime)
    : memory_(memory), layout_(layout), heap_(heap) {
    if (runtime == Runtime::is_new) memory_.put(layout.runtime(), std::vector<std::byte>(runtime_room));
}

Address PythonImage::allocate(std::uint64_t size) {
    const Address at = heap_;
    memory_.put(at, std::vector<std::byte>(size));
    heap_ = heap_ + (size + alignment - 1) / alignment * alignment;
    return at;
}

Address PythonImage::type(std::string_view name, std::uint64_t flags) {
    if (const auto known = types_.find(name); known != types_.end()) return known->second;
    const Address text = allocate(name.size() + 1);
    memory_.put(text, std::as_bytes(std::span(name)));
    const Address type = allocate(object_room);
    set(type, Field::type_tp_name, text);
    set(type, Field::type_tp_flags, flags);
    return types_[std::string(name)] = type;
}

Address PythonImage::object(Address of_type) {
    const Address at = allocate(object_room);
    set(at, Field::object_ob_type, of_type);
    return at;
}

Address PythonImage::string_header(Address of_type, std::uint64_t length, unsigned bytes_each, bool ascii) {
    const Address at = allocate(object_room + length * bytes_each);
    set(at, Field::object_ob_type, of_type);
    set(at, Field::unicode_length, length);
    constexpr std::uint32_t compact = 1U << 5;
    set(at, Field::unicode_state, std::uint32_t{bytes_each << 2 | compact | (ascii ? 1U << 6 : 0U)});
    return at;
}

Address PythonImage::str(std::string_view ascii) {
    const Address at = string_header(type("str", str_flag), ascii.size(), 1, true);
    memory_.put(at + offset(Field::unicode_ascii_size), std::as_bytes(std::span(ascii)));
    return at;
}

Address PythonImage::wide_str(std::u32string_view points, unsigned bytes_each) {
    const Address at = string_header(type("str", str_flag), points.size(), bytes_each, false);
    Address next = at + offset(Field::unicode_compact_size);
    for (const char32_t point : points) {
        memory_.put(next, std::as_bytes(std::span(&point, 1)).first(bytes_each));
        next = next + bytes_each;
    }
    return at;
}

Address PythonImage::bytes(std::span<const std::byte> contents) {
    const Address of_type = type("bytes");
    const Address at = allocate(object_room + contents.size());
    set(at, Field::object_ob_type, of_type);
    set(at, Field::bytes_ob_size, std::uint64_t{contents.size()});
    memory_.put(at + offset(Field::bytes_ob_sval), contents);
    return at;
}

Address PythonImage::code(const CodeSpec& spec) {
    const Address of_type = type("code");
    const Address texts[] = {str(spec.name), str(spec.qualname), str(spec.file), bytes(spec.line_table)};
    const Address at = allocate(code_room);
    set(at, Field::object_ob_type, of_type);
    set(at, Field::code_name, texts[0]);
    set(at, Field::code_qualname, texts[1]);
    set(at, Field::code_filename, texts[2]);
    set(at, Field::code_linetable, texts[3]);
    set(at, Field::code_firstlineno, spec.first_line);
    set(at, Field::code_firsttraceable, spec.first_traceable);
    return at;
}

Address PythonImage::keys(std::span<const std::pair<std::string, Address>> items) {
    constexpr std::uint8_t log2_index_bytes = 6;
    std::vector<Address> names;
    for (const auto& [name, value] : items) names.push_back(str(name));
    const Address at = allocate(object_room + (items.size() + 1) * object_room);
    set(at, Field::keys_kind, std::uint8_t{1});
    set(at, Field::keys_log2_index_bytes, log2_index_bytes);
    set(at, Field::keys_nentries, std::uint64_t{items.size()});
    Address entry = at + offset(Field::keys_indices) + (1U << log2_index_bytes);
    for (std::size_t i = 0; i < items.size(); ++i) {
        set(entry, Field::unicode_entry_key, names[i]);
        set(entry, Field::unicode_entry_value, items[i].second);
        entry = entry + offset(Field::unicode_entry_size);
    }
    return at;
}

Address PythonImage::dict(std::span<const std::pair<std::string, Address>> items) {
    const Address entries = keys(items);
    const Address at = object(type("dict", dict_flag));
    set(at, Field::dict_ma_keys, entries);
    return at;
}

Address PythonImage::module(Address names) {
    const Address at = object(type("module"));
    set(at, Field::module_md_dict, names);
    return at;
}

Address PythonImage::instance(std::string_view type_name, std::span<const std::pair<std::string, Address>> attributes) {
    const Address of_type = type(type_name, heap_type_flag | inline_values_and_managed_dict);
    set(of_type, Field::heap_type_cached_keys, keys(attributes));
    set(of_type, Field::type_tp_basicsize, object_room);
    const Address before = allocate(2 * object_room + (attributes.size() + 1) * sizeof(Address));
    const Address at = before + offset(Field::object_managed_dict);
    set(at, Field::object_ob_type, of_type);
    const Address values = at + object_room;
    set(values, Field::values_valid, std::uint8_t{1});
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        memory_.put_value(values + offset(Field::values_values) + i * sizeof(Address), attributes[i].second);
    }
    return at;
}

Address PythonImage::function(std::string_view qualname) {
    const Address name = str(qualname);
    const Address at = object(type("function"));
    set(at, Field::function_qualname, name);
    return at;
}

void PythonImage::set_head(Address list, Field head, Address member, Field next) {
    const Result<Address> old = read_value<Address>(memory_, list + offset(head));
    set(member, next, *old);
    set(list, head, member);
}

Address PythonImage::gil(std::uint64_t switch_number) {
    const Address at = allocate(object_room);
    set(at, Field::gil_interval, std::uint64_t{5000});
    set(at, Field::gil_switch_number, switch_number);
    return at;
}

Address PythonImage::interpreter(const InterpreterSpec& spec) {
    const Address at = allocate(interpreter_room);
    set(at, Field::interpreter_id, spec.id);
    set(at, Field::interpreter_ceval_gil, spec.gil);
    set(at, Field::interpreter_own_gil, std::int32_t{spec.own_gil});
    set(at, Field::interpreter_feature_flags, spec.feature_flags);
    set(at, Field::interpreter_whence, spec.whence);
    set(at, Field::interpreter_runtime, layout_.runtime());
    if (spec.id == 0) set(layout_.runtime(), Field::runtime_interpreters_main, at);
    set_head(layout_.runtime(), Field::runtime_interpreters_head, at, Field::interpreter_next);
    return at;
}

Address PythonImage::thread_state(Address interpreter) {
    const Address at = allocate(object_room);
    set(at, Field::thread_state_interp, interpreter);
    set_head(interpreter, Field::interpreter_threads_head, at, Field::thread_state_next);
    return at;
}

Address PythonImage::frames(std::span<const FrameSpec> frames) {
    const Address innermost = heap_;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const FrameSpec& spec = frames[i];
        const Address at = allocate(object_room);
        set(at, Field::frame_executable, spec.executable);
        set(at, Field::frame_instr_ptr, spec.executable + offset(Field::code_adaptive) + 2 * spec.code_unit);
        set(at, Field::frame_owner, spec.owner);
        set(at, Field::frame_localsplus, spec.first_local);
        set(at, Field::frame_previous, i + 1 < frames.size() ? heap_ : Address{});
    }
    return innermost;
}

void PythonImage::handler(int signal, Address function, bool tripped) {
    const Address entry = layout_.runtime() + offset(Field::signals_handlers) +
                          static_cast<std::uint64_t>(signal) * offset(Field::signals_handler_size);
    set(entry, Field::signals_handler_tripped, std::int32_t{tripped});
    set(entry, Field::signals_handler_func, function);
}

}  // namespace subint_doctor::test
