#include "decode_gil.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace subint_doctor::cpython {
namespace {

Result<Gil> read_gil(const StructReader& structs, Address address) {
    StructView view(structs, address);
    Gil gil;
    gil.address = address;
    gil.switch_interval_us = view.get<std::uint64_t>(Field::gil_interval);
    gil.last_holder = view.pointer(Field::gil_last_holder);
    gil.locked = view.get<std::int32_t>(Field::gil_locked) == 1;
    gil.switch_number = view.get<std::uint64_t>(Field::gil_switch_number);
    gil.condition = {address + structs.number(Field::gil_cond), structs.number(Field::gil_cond_size)};
    gil.whole = {address, structs.number(Field::gil_size)};
    if (view.error()) return *view.error();
    return gil;
}

std::vector<Interpreter*> main_first_then_by_id(std::vector<Interpreter>& interpreters) {
    std::vector<Interpreter*> ordered;
    ordered.reserve(interpreters.size());
    for (Interpreter& interpreter : interpreters) ordered.push_back(&interpreter);
    std::sort(ordered.begin(), ordered.end(), [](const Interpreter* a, const Interpreter* b) {
        const bool a_is_main = a->kind == InterpreterKind::main;
        const bool b_is_main = b->kind == InterpreterKind::main;
        return a_is_main != b_is_main ? a_is_main : a->id < b->id;
    });
    return ordered;
}

int add_gil(Gil gil, const Interpreter& first_user, Python& python) {
    gil.id = static_cast<int>(python.gils.size());
    gil.is_main = first_user.kind == InterpreterKind::main;
    python.gils.push_back(std::move(gil));
    return python.gils.back().id;
}

// The flag of a thread state comes first: last_holder stays behind when the GIL is let go, or its holder is freed.
void find_holders(Python& python) {
    for (const Interpreter& interpreter : python.interpreters) {
        if (interpreter.gil < 0) continue;
        Gil& gil = python.gils[static_cast<std::size_t>(interpreter.gil)];
        for (const ThreadState& state : interpreter.thread_states) {
            if (state.holds_gil) gil.holder = state.address;
            if (state.address != gil.last_holder) continue;
            gil.last_holder_alive = true;
            gil.drop_requested = (state.eval_breaker & gil_drop_request) != 0;
        }
    }
    for (Gil& gil : python.gils) {
        if (!gil.holder && gil.locked && gil.last_holder_alive) gil.holder = gil.last_holder;
    }
}

}  // namespace

void decode_gils(const StructReader& structs, Python& python, std::vector<Gap>& gaps) {
    std::unordered_map<Address, int> known;
    for (Interpreter* interpreter : main_first_then_by_id(python.interpreters)) {
        const Result<Address> address = structs.pointer(interpreter->address, Field::interpreter_ceval_gil);
        if (address && !*address) continue;  // not made yet, or already gone
        if (address && !known.contains(*address)) {
            Result<Gil> gil = read_gil(structs, *address);
            known[*address] = gil ? add_gil(std::move(*gil), *interpreter, python) : -1;
        }
        interpreter->gil = address ? known[*address] : -1;
        if (interpreter->gil < 0) {
            gaps.push_back({fmt::format("interpreters[{}].gil", interpreter->id), "its GIL could not be read", true});
            continue;
        }
        python.gils[static_cast<std::size_t>(interpreter->gil)].interpreters.push_back(interpreter->id);
    }
    find_holders(python);
}

}  // namespace subint_doctor::cpython
