// A fake CPython in a FakeMemory, written field by field through a Layout, so that it can have any layout.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fake_memory.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::test {

struct CodeSpec {
    std::string name;
    std::string qualname;
    std::string file;
    int first_line = 1;
    std::vector<std::byte> line_table = {};
    int first_traceable = 0;  // in code units
};

struct FrameSpec {
    Address executable;
    std::uint64_t code_unit = 0;
    std::uint8_t owner = 0;
    Address first_local = {};
};

struct InterpreterSpec {
    std::int64_t id = 0;
    Address gil = {};
    bool own_gil = false;
    std::uint64_t feature_flags = 0x18c20;
    std::int64_t whence = 5;
};

class PythonImage {
public:
    enum class Runtime { is_new, is_there };

    // Both must outlive the image. A new runtime structure is all zero; `heap` is where the rest begins.
    PythonImage(FakeMemory& memory, const cpython::Layout& layout, Address heap, Runtime runtime = Runtime::is_new);

    template <typename T>
    void set(Address structure, cpython::Field field, T value) {
        memory_.put_value(structure + offset(field), value);
    }

    // Zeroed memory that nothing else uses.
    Address allocate(std::uint64_t size);

    // Objects. A builtin type exists once; characters of the wider strs are given as they lie in memory.
    Address type(std::string_view name, std::uint64_t flags = 0);
    Address object(Address of_type);
    Address str(std::string_view ascii);
    Address wide_str(std::u32string_view points, unsigned bytes_each);
    Address bytes(std::span<const std::byte> contents);
    Address code(const CodeSpec& spec);
    Address dict(std::span<const std::pair<std::string, Address>> items);
    Address module(Address names);
    // An instance of a heap type whose attributes are inline values, as threading.Thread is.
    Address instance(std::string_view type_name, std::span<const std::pair<std::string, Address>> attributes);
    Address function(std::string_view qualname);

    // State. Lists grow at their head, as CPython's do.
    Address gil(std::uint64_t switch_number);
    Address interpreter(const InterpreterSpec& spec);
    Address thread_state(Address interpreter);
    // Innermost first, at rising addresses; returns the innermost.
    Address frames(std::span<const FrameSpec> frames);
    void handler(int signal, Address function, bool tripped);

private:
    std::uint64_t offset(cpython::Field field) const { return *layout_.offset(field); }
    void set_head(Address list, cpython::Field head, Address member, cpython::Field next);
    Address string_header(Address of_type, std::uint64_t length, unsigned bytes_each, bool ascii);
    Address keys(std::span<const std::pair<std::string, Address>> items);

    FakeMemory& memory_;
    const cpython::Layout& layout_;
    Address heap_;
    std::map<std::string, Address, std::less<>> types_;
};

}  // namespace subint_doctor::test
