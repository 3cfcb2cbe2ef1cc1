#include "decode_gil.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "gil_words.h"

namespace subint_doctor::cpython {
namespace {

// 0: not made yet, or already gone.
Result<Address> gil_of(const StructReader& structs, const Interpreter& interpreter) {
    switch (structs.layout().shapes().gil_home) {
        case GilHome::interpreter:
            return structs.pointer(interpreter.address, Field::interpreter_ceval_gil);
    }
    return structs.unknown_field();
}

Gil gil_at(const StructReader& structs, Address address) {
    Gil gil;
    gil.address = address;
    gil.condition = {address + structs.number(Field::gil_cond), structs.number(Field::gil_cond_size)};
    gil.whole = {address, structs.number(Field::gil_size)};
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

// Of each GIL, the thread states that may hold it.
std::vector<std::vector<ThreadState*>> states_by_gil(Python& python) {
    std::vector<std::vector<ThreadState*>> states(python.gils.size());
    for (Interpreter& interpreter : python.interpreters) {
        if (interpreter.gil < 0) continue;
        for (ThreadState& state : interpreter.thread_states) {
            states[static_cast<std::size_t>(interpreter.gil)].push_back(&state);
        }
    }
    return states;
}

}  // namespace

void decode_gils(const StructReader& structs, Python& python, std::vector<Gap>& gaps) {
    std::unordered_map<Address, int> known;
    for (Interpreter* interpreter : main_first_then_by_id(python.interpreters)) {
        const Result<Address> address = gil_of(structs, *interpreter);
        if (address && !*address) continue;
        const auto locked = address ? structs.get<std::int32_t>(*address, Field::gil_locked) : address.error();
        if (!locked) {
            gaps.push_back({fmt::format("interpreters[{}].gil", interpreter->id), "its GIL could not be read", true});
            continue;
        }
        if (!known.contains(*address)) known[*address] = add_gil(gil_at(structs, *address), *interpreter, python);
        interpreter->gil = known[*address];
        python.gils[static_cast<std::size_t>(interpreter->gil)].interpreters.push_back(interpreter->id);
    }
    settle_gils(structs, python, gaps);
}

void settle_gils(const StructReader& structs, Python& python, std::vector<Gap>& gaps) {
    const std::vector<std::vector<ThreadState*>> states = states_by_gil(python);
    for (Gil& gil : python.gils) {
        const Status settled = settle_gil(structs, states[static_cast<std::size_t>(gil.id)], gil);
        if (settled.ok()) continue;
        gaps.push_back({fmt::format("gils[{}].holder_tid", gil.id), describe(settled.error()), true});
    }
}

}  // namespace subint_doctor::cpython
