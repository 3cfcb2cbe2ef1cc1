#include "thread_state_words.h"

namespace subint_doctor::cpython {
namespace {

constexpr std::uint64_t eval_breaker_bits = 0xff;

// _Py_THREAD_* of Include/internal/pycore_pystate.h.
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

bool bit_of(const Layout& layout, std::uint32_t word, Field position) {
    const std::optional<std::uint64_t> bit = layout.offset(position);
    return bit && *bit < 32 && (word >> *bit & 1) != 0;
}

}  // namespace

bool knows_holders(const Layout& layout) {
    return layout.offset(Field::thread_state_holds_gil) || layout.offset(Field::thread_state_holds_gil_bit);
}

bool holds_gil(const Layout& layout, const ThreadStateWords& words) {
    return words.holds_gil != 0 || bit_of(layout, words.status, Field::thread_state_holds_gil_bit);
}

void apply(const Layout& layout, const ThreadStateWords& words, ThreadState& state) {
    state.status = status_of(words.state);
    state.bound_gilstate = bit_of(layout, words.status, Field::thread_state_bound_gilstate_bit);
    state.holds_gil = holds_gil(layout, words);
    if (layout.offset(Field::thread_state_gil_requested)) state.gil_requested = words.gil_requested != 0;
    state.eval_breaker = static_cast<std::uint32_t>(words.eval_breaker & eval_breaker_bits);
}

}  // namespace subint_doctor::cpython
