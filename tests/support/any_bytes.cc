#include "any_bytes.h"

#include <algorithm>
#include <cstdlib>

#include "decode_frames.h"
#include "decode_interpreters.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::test {
namespace {

class BytesReader final : public MemoryReader {
public:
    BytesReader(std::span<const std::byte> bytes, Address start) : bytes_(bytes), start_(start) {}

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override {
        const std::uint64_t offset = from.value - start_.value;
        if (offset >= bytes_.size()) return Error{ErrorCode::unreadable, "reading memory", from};
        const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - offset);
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
        return count;
    }

private:
    std::span<const std::byte> bytes_;
    Address start_;
};

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const Python& python) {
    require(python.interpreters.size() <= cpython::max_interpreters);
    for (const Interpreter& interpreter : python.interpreters) {
        require(interpreter.gil < static_cast<int>(python.gils.size()));
        for (const ThreadState& state : interpreter.thread_states) {
            require(state.interpreter == interpreter.id);
            require(state.frames.size() <= cpython::max_frames_per_thread);
            require(state.frames_complete == state.frames_problem.empty());
            for (const Frame& frame : state.frames) require(frame.code < python.codes.size());
        }
    }
}

}  // namespace

void decode_any_bytes(std::span<const std::byte> bytes, Address runtime) {
    const BytesReader memory(bytes, runtime);
    const Result<cpython::Layout> layout = cpython::layout_for(memory, {runtime, 0});
    if (!layout) return;
    Result<cpython::Decoded> look = cpython::decode(memory, *layout);
    if (!look) return;
    check(look->python);
    for (const Interpreter& interpreter : look->python.interpreters) {
        if (interpreter.thread_states.empty()) continue;
        std::vector<Code> codes = look->python.codes;
        const auto again = cpython::decode_thread_state(memory, *layout, interpreter.thread_states[0].address, codes);
        require(again.ok());
        for (const Frame& frame : again->frames) require(frame.code < codes.size());
    }
}

}  // namespace subint_doctor::test
