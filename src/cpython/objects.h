// What kind of Python object lies at an address. Types are few and asked for again and again, so each is read once.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "struct_reader.h"

namespace subint_doctor::cpython {

// Include/object.h, Py_TPFLAGS_*.
enum TypeFlag : std::uint64_t {
    inline_values = 1U << 2,
    managed_dict = 1U << 4,
    heap_type = 1U << 9,
    unicode_subclass = 1U << 28,
    dict_subclass = 1U << 29,
    type_subclass = 1U << 31,
};

struct TypeFacts {
    Address address;
    std::string name;  // tp_name
    std::uint64_t flags = 0;  // TypeFlag and others
};

class Objects {
public:
    explicit Objects(const StructReader& structs) : structs_(structs) {}

    const StructReader& structs() const { return structs_; }

    // The type of the object there. The pointer is good for one call: copy what you keep.
    Result<const TypeFacts*> type_of(Address object);

    // Whether it is an instance of that static type itself, say "code"; a class of the program's may be called so too.
    Result<bool> is_builtin(Address object, std::string_view type_name);

    // The type object there.
    Result<const TypeFacts*> type(Address address);

private:
    const StructReader& structs_;
    std::unordered_map<Address, TypeFacts> types_;
};

}  // namespace subint_doctor::cpython
