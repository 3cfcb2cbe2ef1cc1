#include "decode_thread_states.h"

#include <fmt/format.h>

#include "decode_thread_names.h"

namespace subint_doctor::cpython {
namespace {

ThreadStatus status_of(std::int32_t state) {
    switch (state) {
        case 1:
            return ThreadStatus::attached;
        case 2:
            return ThreadStatus::suspended;
        case 3:
            return ThreadStatus::shutting_down;
        default:
            return ThreadStatus::detached;
    }
}

bool bit_of(const StructReader& structs, std::uint32_t word, Field position) {
    const std::optional<std::uint64_t> bit = structs.layout().offset(position);
    return bit && *bit < 32 && (word >> *bit & 1) != 0;
}

void read_gil_words(const StructReader& structs, StructView& view, ThreadState& state) {
    const auto status = view.get<std::uint32_t>(Field::thread_state_status);
    state.bound_gilstate = bit_of(structs, status, Field::thread_state_bound_gilstate_bit);
    state.holds_gil = bit_of(structs, status, Field::thread_state_holds_gil_bit) ||
                      view.get<std::int32_t>(Field::thread_state_holds_gil) != 0;
    if (structs.layout().offset(Field::thread_state_gil_requested)) {
        state.gil_requested = view.get<std::int32_t>(Field::thread_state_gil_requested) != 0;
    }
}

AddressRange used_data_stack(StructView& view) {
    const Address chunk = view.pointer(Field::thread_state_datastack_chunk);
    const Address top = view.pointer(Field::thread_state_datastack_top);
    if (!chunk) return {};
    const bool sane = top > chunk && top.value - chunk.value <= BlockCache::max_preload;
    return {chunk, sane ? top.value - chunk.value : 1};
}

std::vector<Address> executables_of(std::span<const FrameChain> chains) {
    std::vector<Address> executables;
    std::unordered_set<Address> known;
    for (const FrameChain& chain : chains) {
        for (const RawFrame& frame : chain.frames) {
            if (known.insert(frame.executable).second) executables.push_back(frame.executable);
        }
    }
    return executables;
}

Gap cut_list(const Interpreter& interpreter, const std::string& reason) {
    return {fmt::format("interpreters[{}].thread_states", interpreter.id), "the list ends early: " + reason, true};
}

}  // namespace

Result<StateRecord> read_thread_state(const StructReader& structs, Address address) {
    StructView view(structs, address);
    StateRecord record;
    ThreadState& state = record.state;
    state.address = address;
    state.pthread_id = view.get<std::uint64_t>(Field::thread_state_thread_id);
    state.namespace_tid = static_cast<int>(view.get<std::uint64_t>(Field::thread_state_native_thread_id));
    state.status = status_of(view.get<std::int32_t>(Field::thread_state_state));
    state.whence = view.get<std::int32_t>(Field::thread_state_whence, -1);
    state.eval_breaker = static_cast<std::uint32_t>(view.get<std::uint64_t>(Field::thread_state_eval_breaker)) & 0xff;
    state.async_exception_pending = static_cast<bool>(view.pointer(Field::thread_state_async_exc));
    state.current_frame = view.pointer(Field::thread_state_current_frame);
    read_gil_words(structs, view, state);
    record.interpreter = view.pointer(Field::thread_state_interp);
    record.next = view.pointer(Field::thread_state_next);
    record.base_frame = view.pointer(Field::thread_state_base_frame);
    record.data_stack = used_data_stack(view);
    if (view.error()) return *view.error();
    return record;
}

std::vector<StateRecord> walk_thread_states(const StructReader& structs, const Interpreter& interpreter,
                                            std::unordered_set<Address>& seen, std::vector<Gap>& gaps) {
    std::vector<StateRecord> records;
    const auto end_with = [&](const std::string& reason) {
        gaps.push_back(cut_list(interpreter, reason));
        return std::move(records);
    };
    const Result<Address> head = structs.pointer(interpreter.address, Field::interpreter_threads_head);
    if (!head) return end_with(describe(head.error()));
    for (Address address = *head; address;) {
        if (seen.size() >= max_thread_states) return end_with(fmt::format("more than {} thread states", seen.size()));
        if (!seen.insert(address).second) return end_with("it goes in circles or is part of another one");
        Result<StateRecord> record = read_thread_state(structs, address);
        if (!record) return end_with(describe(record.error()));
        if (record->interpreter != interpreter.address)
            return end_with("a thread state belongs to another interpreter");
        record->state.interpreter = interpreter.id;
        address = record->next;
        records.push_back(std::move(*record));
    }
    return records;
}

void decode_stacks(Objects& objects, std::span<StateRecord> records, std::vector<Code>& codes) {
    const StructReader& structs = objects.structs();
    std::vector<AddressRange> stacks;
    for (const StateRecord& record : records) {
        if (record.state.current_frame != record.base_frame) stacks.push_back(record.data_stack);
    }
    structs.memory().preload(stacks);

    std::vector<FrameWalk> walks;
    for (const StateRecord& record : records) walks.push_back({record.state.current_frame, record.base_frame, {}, {}});
    const std::vector<FrameChain> chains = walk_frames(structs, std::move(walks));
    CodeTable table(objects, codes);
    table.preload(executables_of(chains));
    for (std::size_t i = 0; i < records.size(); ++i) {
        records[i].outermost_frame = describe_frames(chains[i], table, records[i].state);
    }
    name_threads(objects, records, codes);
}

}  // namespace subint_doctor::cpython
