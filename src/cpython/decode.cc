#include "subint_doctor/cpython/decode.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "decode_gil.h"
#include "decode_interpreters.h"
#include "decode_runtime.h"
#include "decode_signals.h"
#include "decode_thread_names.h"
#include "decode_thread_states.h"

namespace subint_doctor::cpython {
namespace {

constexpr int readings_of_the_lists = 4;

// Interpreters, their thread states without frames, and their GILs: what one reading of the lists gave.
struct Structure {
    std::vector<Gap> gaps;  // where a list was cut or a structure was no longer one: it may have changed meanwhile
    std::vector<StackStart> stacks;
};

Result<Structure> read_lists(const StructReader& structs, Python& python) {
    Structure structure;
    Result<std::vector<Interpreter>> interpreters = decode_interpreters(structs, structure.gaps);
    if (!interpreters) return interpreters.error();
    python.interpreters = std::move(*interpreters);
    python.gils.clear();
    std::unordered_set<Address> seen;
    for (Interpreter& interpreter : python.interpreters) {
        std::vector<StateRecord> records = walk_thread_states(structs, interpreter, seen, structure.gaps);
        interpreter.thread_states.reserve(records.size());
        for (StateRecord& record : records) {
            interpreter.thread_states.push_back(std::move(record.stack.state));
            structure.stacks.push_back({&interpreter.thread_states.back(), record.start});
        }
    }
    decode_gils(structs, python, structure.gaps);
    return structure;
}

// A list that is changed while it is walked is walked again.
Result<Structure> settle_lists(const StructReader& structs, Python& python) {
    for (int n = 1;; ++n) {
        Result<Structure> structure = read_lists(structs, python);
        const bool whole = structure && structure->gaps.empty();
        if (whole || n == readings_of_the_lists || structs.memory().spent()) return structure;
        structs.memory().forget();
    }
}

// threading._main_thread is called so unless the program renames it, and the thread is the main one without it too.
void name_main_thread(Objects& objects, Python& python) {
    for (Interpreter& interpreter : python.interpreters) {
        for (ThreadState& state : interpreter.thread_states) {
            if (state.address != python.main_thread_state || state.python_name) continue;
            state.python_name = main_thread_name(objects, interpreter.address);
        }
    }
}

}  // namespace

Result<Decoded> decode(const MemoryReader& memory, const Layout& layout) {
    const BlockCache cache(memory);
    const StructReader structs(cache, layout);
    Decoded look;
    Python& python = look.python;
    python = decode_runtime(structs, look.gaps);
    Objects objects(structs);
    python.signals = decode_signals(objects, look.gaps);
    Result<Structure> structure = settle_lists(structs, python);
    if (!structure) return structure.error();
    look.gaps.insert(look.gaps.end(), structure->gaps.begin(), structure->gaps.end());
    decode_stacks(objects, structure->stacks, python.codes);
    name_main_thread(objects, python);
    if (cache.spent()) {
        look.gaps.push_back({"interpreters", describe(work_is_spent()) + ": what is missing was not read", true});
    }
    return look;
}

void read_gils_again(const MemoryReader& memory, const Layout& layout, Python& python, std::vector<Gap>& gaps) {
    const BlockCache cache(memory);
    settle_gils(StructReader(cache, layout), python, gaps);
}

Result<RawStack> read_raw_stack(const MemoryReader& memory, const Layout& layout, Address thread_state) {
    const BlockCache cache(memory, thread_state_limits);
    const StructReader structs(cache, layout);
    cache.preload(std::array{AddressRange{thread_state, structs.number(Field::thread_state_size)}});
    Result<StateRecord> record = read_thread_state(structs, thread_state);
    if (!record) return record.error();
    std::size_t budget = max_frames_per_thread;
    walk_stacks(structs, {&*record, 1}, budget);
    return std::move(record->stack);
}

Result<ThreadState> describe_stack(const MemoryReader& memory, const Layout& layout, const RawStack& raw,
                                   std::vector<Code>& codes) {
    const BlockCache cache(memory, thread_state_limits);
    const StructReader structs(cache, layout);
    const Result<std::int64_t> interpreter = structs.get<std::int64_t>(raw.interpreter, Field::interpreter_id);
    if (!interpreter) return interpreter.error();
    Objects objects(structs);
    CodeTable table(objects, codes);
    ThreadState state = raw.state;
    state.interpreter = *interpreter;
    describe_stacks(objects, std::array{Undescribed{&raw, &state}}, table, codes);
    if (cache.spent()) {
        state.frames_complete = false;
        state.frames_problem = describe(work_is_spent());
    }
    return state;
}

Result<ThreadState> decode_thread_state(const MemoryReader& memory, const Layout& layout, Address thread_state,
                                        std::vector<Code>& codes) {
    const Result<RawStack> raw = read_raw_stack(memory, layout, thread_state);
    if (!raw) return raw.error();
    return describe_stack(memory, layout, *raw, codes);
}

}  // namespace subint_doctor::cpython
