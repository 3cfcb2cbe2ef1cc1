#include "decode_interpreters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

namespace subint_doctor::cpython {
namespace {

// Include/cpython/pystate.h, Py_RTFLAGS_USE_MAIN_OBMALLOC.
constexpr std::uint64_t use_main_obmalloc = 1U << 5;

// _PyInterpreterState_WHENCE_*.
std::string whence_text(std::int64_t whence) {
    constexpr std::array texts = {"unknown", "runtime", "legacy C API", "C API", "cross-interpreter", "stdlib"};
    const bool known = whence >= 0 && static_cast<std::size_t>(whence) < texts.size();
    return known ? texts[static_cast<std::size_t>(whence)] : texts[0];
}

// The few fields that are used of a structure of a quarter of a megabyte, and the start of its thread state list.
void preload_fields(const StructReader& structs, std::span<const Address> addresses) {
    constexpr std::array used = {Field::interpreter_ceval_gil,    Field::interpreter_own_gil,
                                 Field::interpreter_next,         Field::interpreter_id,
                                 Field::interpreter_threads_head, Field::interpreter_threads_main,
                                 Field::interpreter_gc,           Field::interpreter_feature_flags,
                                 Field::interpreter_finalizing,   Field::interpreter_whence,
                                 Field::interpreter_gil};
    std::vector<AddressRange> ranges;
    for (const Address address : addresses) {
        for (const Field field : used) ranges.push_back({address + structs.number(field), sizeof(std::uint64_t)});
    }
    structs.memory().preload(ranges);
    ranges.clear();
    for (const Address address : addresses) {
        const Result<Address> head = structs.pointer(address, Field::interpreter_threads_head);
        if (head && *head) ranges.push_back({*head, structs.number(Field::thread_state_size)});
    }
    structs.memory().preload(ranges);
}

InterpreterKind kind_of(const StructReader& structs, StructView& view, Address address) {
    const Layout& layout = structs.layout();
    const auto main = structs.pointer(layout.runtime(), Field::runtime_interpreters_main);
    const auto flags = view.get<std::uint64_t>(Field::interpreter_feature_flags);
    const bool own_gil = view.get<std::int32_t>(Field::interpreter_own_gil) != 0;
    if (!main || !layout.offset(Field::interpreter_feature_flags)) return InterpreterKind::other;
    if (*main == address) return InterpreterKind::main;
    if (!own_gil) return InterpreterKind::legacy;
    return (flags & use_main_obmalloc) == 0 ? InterpreterKind::isolated : InterpreterKind::other;
}

Result<Interpreter> read_interpreter(const StructReader& structs, Address address) {
    StructView view(structs, address);
    const Address runtime = view.pointer(Field::interpreter_runtime);
    if (!view.error() && structs.layout().offset(Field::interpreter_runtime) && runtime != structs.layout().runtime()) {
        return Error{ErrorCode::corrupt, "reading an interpreter that belongs to no runtime", address};
    }
    Interpreter interpreter;
    interpreter.address = address;
    interpreter.id = view.get<std::int64_t>(Field::interpreter_id);
    interpreter.kind = kind_of(structs, view, address);
    interpreter.whence = whence_text(view.get<std::int64_t>(Field::interpreter_whence));
    interpreter.finalizing = view.get<std::int32_t>(Field::interpreter_finalizing) != 0;
    interpreter.running_main = view.pointer(Field::interpreter_threads_main);
    if (view.error()) return *view.error();
    const Address gc = address + structs.number(Field::interpreter_gc);
    const Result<std::int32_t> collecting = structs.get<std::int32_t>(gc, Field::gc_collecting);
    if (!collecting) return collecting.error();
    interpreter.collecting = *collecting != 0;
    return interpreter;
}

std::vector<Address> walk_list(const StructReader& structs, Address head, std::vector<Gap>& gaps) {
    std::vector<Address> addresses;
    std::unordered_set<Address> seen;
    const auto end_with = [&](const std::string& reason) {
        gaps.push_back({"interpreters", "the list ends early: " + reason, true});
        return std::move(addresses);
    };
    for (Address address = head; address;) {
        if (seen.size() == max_interpreters) return end_with(fmt::format("more than {} interpreters", seen.size()));
        if (!seen.insert(address).second) return end_with("it goes in circles");
        const Result<Address> next = structs.pointer(address, Field::interpreter_next);
        if (!next) return end_with(describe(next.error()));
        addresses.push_back(address);
        address = *next;
    }
    return addresses;
}

// Ids are given out in order, and new interpreters come first (Python/pystate.c, init_interpreter).
bool may_follow(const std::vector<Interpreter>& newer, std::int64_t id) {
    return id >= 0 && (newer.empty() || id < newer.back().id);
}

}  // namespace

Result<std::vector<Interpreter>> decode_interpreters(const StructReader& structs, std::vector<Gap>& gaps) {
    const Result<Address> head = structs.pointer(structs.layout().runtime(), Field::runtime_interpreters_head);
    if (!head) return head.error();
    const std::vector<Address> addresses = walk_list(structs, *head, gaps);
    preload_fields(structs, addresses);
    std::vector<Interpreter> interpreters;
    for (const Address address : addresses) {
        Result<Interpreter> interpreter = read_interpreter(structs, address);
        if (interpreter && !may_follow(interpreters, interpreter->id)) {
            gaps.push_back(
                {"interpreters", fmt::format("one is left out: its id {} is out of order", interpreter->id), true});
        } else if (interpreter) {
            interpreters.push_back(std::move(*interpreter));
        } else {
            gaps.push_back({"interpreters", "one is left out: " + describe(interpreter.error()), true});
        }
    }
    const Result<Address> main = structs.pointer(structs.layout().runtime(), Field::runtime_interpreters_main);
    if (addresses.empty()) {
        gaps.push_back({"interpreters", "there is none: Python is starting or has ended", true});
    } else if (main && *main && std::ranges::find(addresses, *main) == addresses.end()) {
        gaps.push_back({"interpreters", "the main interpreter is not among them", true});
    }
    return interpreters;
}

}  // namespace subint_doctor::cpython
