#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::cpython {

Result<Position> position_of(const MemoryReader& memory, const Layout& layout, Address thread_state) {
    const auto current_frame = layout.offset(Field::thread_state_current_frame);
    const auto instruction = layout.offset(Field::frame_instr_ptr);
    if (!current_frame || !instruction) return Error{ErrorCode::unsupported_python, "finding the current frame"};
    const Result<std::uint64_t> frame = read_value<std::uint64_t>(memory, thread_state + *current_frame);
    if (!frame) return frame.error();
    if (*frame == 0) return Position{};
    const Result<std::uint64_t> pointer = read_value<std::uint64_t>(memory, Address{*frame} + *instruction);
    if (!pointer) return pointer.error();
    Position position{{*frame}, {*pointer}, std::nullopt};
    if (const auto stack = layout.offset(Field::frame_stackpointer)) {
        const Result<std::uint64_t> spilled = read_value<std::uint64_t>(memory, Address{*frame} + *stack);
        if (spilled) position.in_call = *spilled != 0;
    }
    return position;
}

}  // namespace subint_doctor::cpython
