#include <algorithm>
#include <array>

#include "subint_doctor/cpython/decode.h"
#include "thread_state_words.h"

namespace subint_doctor::cpython {
namespace {

// A few fields, read with one call. What the layout does not know is left as it is.
class FieldReads {
public:
    explicit FieldReads(const Layout& layout) : layout_(layout) {}

    template <typename T>
    void add(Address structure, Field field, T& value) {
        const std::optional<std::uint64_t> offset = layout_.offset(field);
        if (offset) requests_[count_++] = {structure + *offset, std::as_writable_bytes(std::span<T, 1>(&value, 1))};
    }

    Status read(const MemoryReader& memory) {
        const std::span<ReadRequest> asked = std::span(requests_).first(count_);
        memory.read_scattered(asked);
        for (const ReadRequest& request : asked) {
            if (request.done < request.into.size())
                return Error{ErrorCode::unreadable, "reading where a thread is", request.from};
        }
        return Done{};
    }

private:
    const Layout& layout_;
    std::array<ReadRequest, 5> requests_;
    std::size_t count_ = 0;
};

Result<Address> innermost_frame(const MemoryReader& memory, const Layout& layout, Address thread_state) {
    const std::optional<std::uint64_t> offset = layout.offset(Field::thread_state_current_frame);
    if (!offset) return Error{ErrorCode::unsupported_python, "finding the current frame"};
    const Result<std::uint64_t> frame = read_value<std::uint64_t>(memory, thread_state + *offset);
    if (!frame) return frame.error();
    return Address{*frame};
}

}  // namespace

Result<Position> position_of(const MemoryReader& memory, const Layout& layout, Address thread_state,
                             Address expected_frame) {
    Address frame = expected_frame;
    if (!frame) {
        const Result<Address> found = innermost_frame(memory, layout, thread_state);
        if (!found) return found.error();
        frame = *found;
    }
    ThreadStateWords words;
    Position position;
    FieldReads reads(layout);
    reads.add(thread_state, Field::thread_state_status, words.status);
    reads.add(thread_state, Field::thread_state_holds_gil, words.holds_gil);
    reads.add(thread_state, Field::thread_state_current_frame, position.frame);
    if (frame) {
        reads.add(frame, Field::frame_instr_ptr, position.instruction);
        reads.add(frame, Field::frame_stackpointer, position.stack_pointer);
    }
    if (const Status done = reads.read(memory); !done.ok()) return done.error();
    position.holds_gil = holds_gil(layout, words);
    return position;
}

bool jumps_back(const MemoryReader& memory, const Layout& layout, Address instruction) {
    constexpr std::array jumps = {Field::opcode_jump_backward, Field::opcode_jump_backward_jit,
                                  Field::opcode_jump_backward_no_jit, Field::opcode_instrumented_jump_backward,
                                  Field::opcode_enter_executor};
    const Result<std::uint8_t> opcode = read_value<std::uint8_t>(memory, instruction);
    return opcode && std::ranges::any_of(jumps, [&](Field jump) { return layout.offset(jump) == *opcode; });
}

}  // namespace subint_doctor::cpython
