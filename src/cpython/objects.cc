#include "objects.h"

namespace subint_doctor::cpython {
namespace {

constexpr std::size_t max_name_size = 256;
constexpr std::size_t max_types = 4096;

}  // namespace

Result<const TypeFacts*> Objects::type_of(Address object) {
    const Result<Address> address = structs_.pointer(object, Field::object_ob_type);
    if (!address) return address.error();
    return type(*address);
}

Result<bool> Objects::is_builtin(Address object, std::string_view type_name) {
    const Result<const TypeFacts*> facts = type_of(object);
    if (!facts) return facts.error();
    return ((*facts)->flags & heap_type) == 0 && (*facts)->name == type_name;
}

Result<const TypeFacts*> Objects::type(Address address) {
    if (const auto known = types_.find(address); known != types_.end()) return &known->second;
    StructView view(structs_, address);
    TypeFacts facts{address, "", view.get<std::uint64_t>(Field::type_tp_flags)};
    const Address name = view.pointer(Field::type_tp_name);
    if (view.error()) return *view.error();
    Result<std::string> text = read_c_string(structs_.memory(), name, max_name_size);
    if (!text) return text.error();
    facts.name = std::move(*text);
    if (types_.size() >= max_types) types_.clear();
    return &types_.emplace(address, std::move(facts)).first->second;
}

}  // namespace subint_doctor::cpython
