#include "decode_thread_states.h"

#include <fmt/format.h>

#include <algorithm>

#include "decode_join.h"
#include "decode_thread_names.h"
#include "thread_state_words.h"

namespace subint_doctor::cpython {
namespace {

void read_words(const StructReader& structs, StructView& view, ThreadState& state) {
    ThreadStateWords words;
    words.status = view.get<std::uint32_t>(Field::thread_state_status);
    words.holds_gil = view.get<std::int32_t>(Field::thread_state_holds_gil);
    words.gil_requested = view.get<std::int32_t>(Field::thread_state_gil_requested);
    words.state = view.get<std::int32_t>(Field::thread_state_state);
    words.eval_breaker = view.get<std::uint64_t>(Field::thread_state_eval_breaker);
    apply(structs.layout(), words, state);
}

AddressRange used_data_stack(StructView& view) {
    const Address chunk = view.pointer(Field::thread_state_datastack_chunk);
    const Address top = view.pointer(Field::thread_state_datastack_top);
    if (!chunk) return {};
    const bool sane = top > chunk && top.value - chunk.value <= BlockCache::max_preload;
    return {chunk, sane ? top.value - chunk.value : 1};
}

std::vector<Address> executables_of(std::span<const Undescribed> stacks) {
    std::vector<Address> executables;
    std::unordered_set<Address> known;
    for (const Undescribed& stack : stacks) {
        for (const RawFrame& frame : stack.raw->frames) {
            if (known.insert(frame.executable).second) executables.push_back(frame.executable);
        }
    }
    return executables;
}

void keep_gil_words(const ThreadState& settled, ThreadState& state) {
    state.status = settled.status;
    state.bound_gilstate = settled.bound_gilstate;
    state.holds_gil = settled.holds_gil;
    state.gil_requested = settled.gil_requested;
    state.eval_breaker = settled.eval_breaker;
}

// A thread state that is gone, or belongs to another interpreter by now, stays as it was met.
void read_again(const StructReader& structs, StateRecord& record, std::size_t& budget) {
    Result<StateRecord> again = read_thread_state(structs, record.stack.state.address);
    if (!again || again->start.interpreter != record.start.interpreter) return;
    again->stack.state.interpreter = record.stack.state.interpreter;
    keep_gil_words(record.stack.state, again->stack.state);
    walk_stacks(structs, {&*again, 1}, budget);
    record = std::move(*again);
}

void walk_until_whole(const StructReader& structs, std::span<StateRecord> records, std::size_t& budget) {
    const auto is_torn = [](const StateRecord& record) { return !record.stack.state.frames_complete; };
    walk_stacks(structs, records, budget);
    for (int n = 1; n < readings_of_a_stack; ++n) {
        if (std::ranges::none_of(records, is_torn) || structs.memory().spent()) return;
        structs.memory().forget();
        for (StateRecord& record : records) {
            if (is_torn(record)) read_again(structs, record, budget);
        }
    }
}

Gap cut_list(const Interpreter& interpreter, const std::string& reason) {
    return {fmt::format("interpreters[{}].thread_states", interpreter.id), "the list ends early: " + reason, true};
}

}  // namespace

Result<StateRecord> read_thread_state(const StructReader& structs, Address address) {
    StructView view(structs, address);
    StateRecord record;
    ThreadState& state = record.stack.state;
    state.address = address;
    state.pthread_id = view.get<std::uint64_t>(Field::thread_state_thread_id);
    state.namespace_tid = static_cast<int>(view.get<std::uint64_t>(Field::thread_state_native_thread_id));
    state.whence = view.get<std::int32_t>(Field::thread_state_whence, -1);
    state.async_exception_pending = static_cast<bool>(view.pointer(Field::thread_state_async_exc));
    state.current_frame = view.pointer(Field::thread_state_current_frame);
    read_words(structs, view, state);
    record.stack.interpreter = view.pointer(Field::thread_state_interp);
    record.next = view.pointer(Field::thread_state_next);
    record.start = {record.stack.interpreter, view.pointer(Field::thread_state_base_frame), used_data_stack(view)};
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
        if (record->stack.interpreter != interpreter.address)
            return end_with("a thread state belongs to another interpreter");
        record->stack.state.interpreter = interpreter.id;
        address = record->next;
        records.push_back(std::move(*record));
    }
    return records;
}

void walk_stacks(const StructReader& structs, std::span<StateRecord> records, std::size_t& budget) {
    std::vector<AddressRange> ranges;
    std::vector<FrameWalk> walks;
    for (StateRecord& record : records) {
        const Address first = record.stack.state.current_frame;
        if (first != record.start.base_frame) ranges.push_back(record.start.data_stack);
        walks.push_back({&record.stack, first, record.start.base_frame, 0, {}});
    }
    structs.memory().preload(ranges);
    walk_frames(structs, walks, budget);
}

void describe_stacks(Objects& objects, std::span<const Undescribed> stacks, CodeTable& codes,
                     const std::vector<Code>& all_codes) {
    codes.preload(executables_of(stacks));
    std::vector<NamelessThread> threads;
    std::vector<InnermostFrame> innermost;
    for (const Undescribed& stack : stacks) {
        const DescribedFrames ends = describe_frames(*stack.raw, codes, *stack.state);
        if (ends.innermost == nullptr) continue;
        threads.push_back({stack.state, ends.outermost->first_local});
        innermost.push_back({stack.state, ends.innermost->first_local});
    }
    name_threads(objects, threads, all_codes);
    find_joined_threads(objects, innermost, all_codes);
}

void decode_stacks(Objects& objects, std::span<const StackStart> stacks, std::vector<Code>& codes) {
    constexpr std::size_t at_once = 1024;
    CodeTable table(objects, codes);
    std::size_t budget = max_frames;
    for (std::size_t first = 0; first < stacks.size(); first += at_once) {
        const std::span<const StackStart> some = stacks.subspan(first, std::min(at_once, stacks.size() - first));
        std::vector<StateRecord> records(some.size());
        for (std::size_t i = 0; i < some.size(); ++i) {
            records[i].stack.state = std::move(*some[i].state);
            records[i].stack.interpreter = some[i].start.interpreter;
            records[i].start = some[i].start;
        }
        walk_until_whole(objects.structs(), records, budget);
        std::vector<Undescribed> undescribed;
        for (std::size_t i = 0; i < some.size(); ++i) {
            *some[i].state = std::move(records[i].stack.state);
            undescribed.push_back({&records[i].stack, some[i].state});
        }
        describe_stacks(objects, undescribed, table, codes);
    }
}

}  // namespace subint_doctor::cpython
