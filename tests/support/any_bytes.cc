#include "any_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "decode_code.h"
#include "decode_interpreters.h"
#include "decode_strings.h"
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

void require_one_holder(const Python& python, const Gil& gil) {
    int holders = 0;
    for (const Interpreter& interpreter : python.interpreters) {
        if (interpreter.gil != gil.id) continue;
        for (const ThreadState& state : interpreter.thread_states) {
            holders += state.holds_gil ? 1 : 0;
            require(state.holds_gil == (gil.holder == state.address));
        }
    }
    require(holders == (gil.holder ? 1 : 0));
}

class Digest {
public:
    void add(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }
    void add(const std::string& text) {
        for (const char c : text) add(static_cast<unsigned char>(c));
        add(text.size());
    }
    std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 0xcbf29ce484222325;
};

std::uint64_t digest_of(const Python& python) {
    Digest digest;
    digest.add(static_cast<std::uint64_t>(python.signals.wakeup_fd));
    digest.add(python.signals.sigint_handler.value_or(""));
    for (const Interpreter& interpreter : python.interpreters) {
        digest.add(static_cast<std::uint64_t>(interpreter.id));
        digest.add(interpreter.address.value);
        for (const ThreadState& state : interpreter.thread_states) {
            digest.add(state.address.value);
            digest.add(state.eval_breaker);
            digest.add(state.python_name.value_or(""));
            for (const Frame& frame : state.frames) {
                digest.add(python.codes[frame.code].qualname);
                digest.add(static_cast<std::uint64_t>(frame.line.value_or(-1)));
            }
        }
    }
    for (const Gil& gil : python.gils) digest.add(gil.switch_number ^ gil.holder.value_or(Address{}).value);
    return digest.value();
}

std::size_t unread_stacks(const Python& python) {
    std::size_t count = 0;
    for (const Interpreter& interpreter : python.interpreters) {
        count += static_cast<std::size_t>(std::ranges::count_if(
            interpreter.thread_states, [](const ThreadState& state) { return !state.frames_complete; }));
    }
    return count;
}

}  // namespace

void require_soundness(const Python& python) {
    require(python.interpreters.size() <= cpython::max_interpreters);
    require(python.codes.size() <= cpython::CodeTable::max_codes);
    for (const Code& code : python.codes) {
        constexpr std::size_t note = 64;  // how much was cut
        require(code.name.size() <= cpython::max_name_size + note);
        require(code.qualname.size() <= cpython::max_name_size + note);
        require(code.file.size() <= cpython::max_path_size + note);
    }
    for (const Interpreter& interpreter : python.interpreters) {
        require(interpreter.id >= 0);
        require(interpreter.gil < static_cast<int>(python.gils.size()));
        for (const ThreadState& state : interpreter.thread_states) {
            require(state.interpreter == interpreter.id);
            require(state.frames.size() <= cpython::max_frames_per_thread);
            require(state.frames_complete == state.frames_problem.empty());
            for (const Frame& frame : state.frames) require(frame.code < python.codes.size());
        }
    }
    for (const Gil& gil : python.gils) require_one_holder(python, gil);
}

Outcome decode_any_bytes(std::span<const std::byte> bytes, Address runtime) {
    const BytesReader memory(bytes, runtime);
    const Result<cpython::Layout> layout = cpython::layout_for(memory, {runtime, 0});
    if (!layout) return {};
    Result<cpython::Decoded> look = cpython::decode(memory, *layout);
    if (!look) return {};
    require_soundness(look->python);
    for (const Interpreter& interpreter : look->python.interpreters) {
        if (interpreter.thread_states.empty()) continue;
        std::vector<Code> codes = look->python.codes;
        const auto again = cpython::decode_thread_state(memory, *layout, interpreter.thread_states[0].address, codes);
        require(again.ok());
        for (const Frame& frame : again->frames) require(frame.code < codes.size());
    }
    return {true, look->gaps.size() + unread_stacks(look->python), digest_of(look->python)};
}

}  // namespace subint_doctor::test
