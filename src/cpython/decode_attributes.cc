#include "decode_attributes.h"

#include <algorithm>
#include <vector>

#include "decode_strings.h"

namespace subint_doctor::cpython {
namespace {

constexpr std::uint64_t pointer_size = 8;
constexpr std::uint64_t keys_per_preload = 256;
constexpr std::uint64_t many_keys = 64;  // below, an object's attributes: the key is found before a preload pays

struct Keys {
    Address entries;
    std::uint64_t count = 0;
    std::uint64_t stride = 0;
    std::uint64_t key = 0;  // within an entry
    std::uint64_t value = 0;

    Address entry(std::uint64_t index) const { return entries + index * stride; }
};

// dk_kind: 0 general; 1 and 2, all keys are str, have entries without a hash.
Result<Keys> read_keys(const StructReader& structs, Address address) {
    StructView view(structs, address);
    const auto kind = view.get<std::uint8_t>(Field::keys_kind);
    const auto log2_index_bytes = view.get<std::uint8_t>(Field::keys_log2_index_bytes);
    const auto count = view.get<std::int64_t>(Field::keys_nentries);
    if (view.error()) return *view.error();
    if (!structs.layout().offset(Field::keys_indices)) return structs.unknown_field();
    if (kind > 2 || log2_index_bytes > 40 || count < 0) return Error{ErrorCode::corrupt, "reading dict keys", address};
    if (static_cast<std::uint64_t>(count) > max_dict_entries) {
        return Error{ErrorCode::limit, "reading a large dict", address};
    }
    const bool general = kind == 0;
    Keys keys;
    keys.entries = address + structs.number(Field::keys_indices) + (std::uint64_t{1} << log2_index_bytes);
    keys.count = static_cast<std::uint64_t>(count);
    keys.stride = structs.number(general ? Field::entry_size : Field::unicode_entry_size);
    keys.key = structs.number(general ? Field::entry_key : Field::unicode_entry_key);
    keys.value = structs.number(general ? Field::entry_value : Field::unicode_entry_value);
    return keys;
}

void preload_keys(const StructReader& structs, const Keys& keys, std::uint64_t first) {
    std::vector<AddressRange> ranges;
    for (std::uint64_t i = first; i < std::min(first + keys_per_preload, keys.count); ++i) {
        const Result<Address> key = structs.memory().value<Address>(keys.entry(i) + keys.key);
        if (key && *key) ranges.push_back({*key, structs.number(Field::unicode_ascii_size)});
    }
    structs.memory().preload(ranges);
}

bool is_key(Objects& objects, Address object, std::string_view name) {
    const Result<std::int64_t> length = objects.structs().get<std::int64_t>(object, Field::unicode_length);
    if (!length || *length != static_cast<std::int64_t>(name.size())) return false;
    const Result<std::string> text = read_str(objects, object, name.size());
    return text && *text == name;
}

Result<std::optional<std::uint64_t>> find_key(Objects& objects, const Keys& keys, std::string_view name) {
    const StructReader& structs = objects.structs();
    for (std::uint64_t i = 0; i < keys.count; ++i) {
        if (keys.count >= many_keys && i % keys_per_preload == 0) preload_keys(structs, keys, i);
        const Result<Address> key = structs.memory().value<Address>(keys.entry(i) + keys.key);
        if (!key) return key.error();
        if (*key && is_key(objects, *key, name)) return std::optional(i);
    }
    return std::optional<std::uint64_t>();
}

Result<std::optional<Address>> read_slot(const StructReader& structs, Address slot) {
    const Result<Address> value = structs.memory().value<Address>(slot);
    if (!value) return value.error();
    return *value ? std::optional(*value) : std::nullopt;
}

// `values` is 0 for a dict whose values are in its entries.
Result<std::optional<Address>> find_value(Objects& objects, Address keys_address, Address values,
                                          std::string_view name) {
    const StructReader& structs = objects.structs();
    const Result<Keys> keys = read_keys(structs, keys_address);
    if (!keys) return keys.error();
    const Result<std::optional<std::uint64_t>> index = find_key(objects, *keys, name);
    if (!index) return index.error();
    if (!*index) return std::optional<Address>();
    if (!values) return read_slot(structs, keys->entry(**index) + keys->value);
    return read_slot(structs, values + structs.number(Field::values_values) + **index * pointer_size);
}

Result<std::optional<Address>> find_inline(Objects& objects, Address object, Address type, std::string_view name) {
    const StructReader& structs = objects.structs();
    const Result<std::uint64_t> size = structs.get<std::uint64_t>(type, Field::type_tp_basicsize);
    if (!size) return size.error();
    const Result<Address> keys = structs.pointer(type, Field::heap_type_cached_keys);
    if (!keys) return keys.error();
    const Address values = object + *size;
    const Result<std::uint8_t> valid = structs.get<std::uint8_t>(values, Field::values_valid);
    if (!valid) return valid.error();
    if (*valid == 0) return std::optional<Address>();
    return find_value(objects, *keys, values, name);
}

Result<std::optional<Address>> find_in_dict_or_values(Objects& objects, Address object, std::string_view name) {
    const Result<const TypeFacts*> type = objects.type_of(object);
    if (!type) return type.error();
    const std::uint64_t flags = (*type)->flags;
    const Address type_address = (*type)->address;
    if ((flags & managed_dict) == 0) return std::optional<Address>();
    const StructReader& structs = objects.structs();
    const std::optional<std::uint64_t> before = structs.layout().offset(Field::object_managed_dict);
    if (!before) return structs.unknown_field();
    const Result<Address> dict = structs.memory().value<Address>(object - *before);
    if (!dict) return dict.error();
    if (*dict) return find_item(objects, *dict, name);
    if ((flags & inline_values) == 0) return std::optional<Address>();
    return find_inline(objects, object, type_address, name);
}

}  // namespace

Result<std::optional<Address>> find_item(Objects& objects, Address dict, std::string_view key) {
    const Result<const TypeFacts*> type = objects.type_of(dict);
    if (!type) return type.error();
    if (((*type)->flags & dict_subclass) == 0) return Error{ErrorCode::corrupt, "reading a dict", dict};
    StructView view(objects.structs(), dict);
    const Address keys = view.pointer(Field::dict_ma_keys);
    const Address values = view.pointer(Field::dict_ma_values);
    if (view.error()) return *view.error();
    return find_value(objects, keys, values, key);
}

Result<std::optional<Address>> find_attribute(Objects& objects, Address object, std::string_view name) {
    switch (objects.structs().layout().shapes().attributes) {
        case AttributeStorage::inline_values:
            return find_in_dict_or_values(objects, object, name);
    }
    return objects.structs().unknown_field();
}

}  // namespace subint_doctor::cpython
