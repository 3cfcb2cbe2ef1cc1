#include "subint_doctor/cpython/decode.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "decode_gil.h"
#include "decode_interpreters.h"
#include "decode_runtime.h"
#include "decode_signals.h"
#include "decode_thread_names.h"
#include "decode_thread_states.h"

namespace subint_doctor::cpython {
namespace {

std::vector<StateRecord> walk_all_thread_states(const StructReader& structs, std::vector<Interpreter>& interpreters,
                                                std::vector<Gap>& gaps) {
    std::vector<StateRecord> records;
    std::unordered_set<Address> seen;
    for (const Interpreter& interpreter : interpreters) {
        std::vector<StateRecord> own = walk_thread_states(structs, interpreter, seen, gaps);
        records.insert(records.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
    }
    return records;
}

void name_main_thread(Objects& objects, Address main_thread_state, std::vector<StateRecord>& records) {
    const auto main = std::find_if(records.begin(), records.end(), [&](const StateRecord& record) {
        return record.state.address == main_thread_state;
    });
    if (main == records.end() || main->state.python_name) return;
    main->state.python_name = main_thread_name(objects, main->interpreter);
}

// Records come in the order of their interpreters.
void hand_over(std::vector<StateRecord>& records, std::vector<Interpreter>& interpreters) {
    auto record = records.begin();
    for (Interpreter& interpreter : interpreters) {
        for (; record != records.end() && record->interpreter == interpreter.address; ++record) {
            interpreter.thread_states.push_back(std::move(record->state));
        }
    }
}

}  // namespace

Result<Decoded> decode(const MemoryReader& memory, const Layout& layout) {
    const BlockCache cache(memory);
    const StructReader structs(cache, layout);
    Objects objects(structs);
    Decoded look;
    look.python = decode_runtime(structs, look.gaps);
    look.python.signals = decode_signals(objects, look.gaps);

    Result<std::vector<Interpreter>> interpreters = decode_interpreters(structs, look.gaps);
    if (!interpreters) return interpreters.error();
    look.python.interpreters = std::move(*interpreters);
    std::vector<StateRecord> records = walk_all_thread_states(structs, look.python.interpreters, look.gaps);
    decode_stacks(objects, records, look.python.codes);
    name_main_thread(objects, look.python.main_thread_state, records);
    hand_over(records, look.python.interpreters);
    decode_gils(structs, look.python, look.gaps);
    return look;
}

Result<ThreadState> decode_thread_state(const MemoryReader& memory, const Layout& layout, Address thread_state,
                                        std::vector<Code>& codes) {
    const BlockCache cache(memory);
    const StructReader structs(cache, layout);
    Result<StateRecord> record = read_thread_state(structs, thread_state);
    if (!record) return record.error();
    const Result<std::int64_t> interpreter = structs.get<std::int64_t>(record->interpreter, Field::interpreter_id);
    if (!interpreter) return interpreter.error();
    record->state.interpreter = *interpreter;
    Objects objects(structs);
    decode_stacks(objects, {&*record, 1}, codes);
    return std::move(record->state);
}

}  // namespace subint_doctor::cpython
