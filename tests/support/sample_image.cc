#include "sample_image.h"

#include <array>

#include "python_image.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;
using Items = std::vector<std::pair<std::string, Address>>;

std::vector<std::byte> eight_columns() {
    std::vector<std::byte> table;
    for (unsigned column = 0; column < 8; ++column) {
        table.push_back(std::byte{0x80});  // short form, one code unit, columns below 8
        table.push_back(static_cast<std::byte>(column << 4));
    }
    return table;
}

class Builder {
public:
    Builder(SampleImage& sample) : sample_(sample), image_(sample.memory, sample.layout, sample_runtime + 0x28000) {}

    void build() {
        make_interpreters();
        make_states();
        make_stacks();
        name_main_thread();
        set_signals();
    }

private:
    CodeSpec spec(const char* name, const char* qualname, const char* file, int first_line) {
        return {name, qualname, file, first_line, eight_columns(), 1};
    }

    void make_interpreters() {
        sample_.shared_gil = image_.gil(1041);
        sample_.own_gil = image_.gil(1);
        sample_.main_interpreter = image_.interpreter({0, sample_.shared_gil, true, 0x18c20, 1});
        sample_.legacy_interpreter = image_.interpreter({1, sample_.shared_gil, false, 0x18c20, 5});
        sample_.isolated_interpreter = image_.interpreter({2, sample_.own_gil, true, 0x500, 5});
        image_.set(sample_.main_interpreter + *sample_.layout.offset(Field::interpreter_gc), Field::gc_collecting, 1);
    }

    Address state(Address interpreter, std::uint64_t thread, std::int32_t whence) {
        const Address at = image_.thread_state(interpreter);
        image_.set(at, Field::thread_state_thread_id, 0x7f0000000000 + thread);
        image_.set(at, Field::thread_state_native_thread_id, thread);
        image_.set(at, Field::thread_state_whence, whence);
        return at;
    }

    // 3.13 has a bit of the status, later ones a word of their own.
    void hold_gil(Address state) {
        if (sample_.layout.offset(Field::thread_state_holds_gil)) {
            image_.set(state, Field::thread_state_holds_gil, std::int32_t{1});
        } else {
            const std::uint32_t bit = 1U << *sample_.layout.offset(Field::thread_state_holds_gil_bit);
            image_.set(state, Field::thread_state_status, bit);
        }
    }

    void make_states() {
        sample_.main_state = state(sample_.main_interpreter, 4242, 1);
        sample_.worker_state = state(sample_.main_interpreter, 4244, 3);
        sample_.legacy_state = state(sample_.legacy_interpreter, 4244, 5);
        image_.set(sample_.legacy_state, Field::thread_state_state, std::int32_t{1});
        hold_gil(sample_.legacy_state);
        image_.set(sample_.legacy_state, Field::thread_state_eval_breaker, std::uint64_t{0xabc01});
        image_.set(sample_.main_state, Field::thread_state_eval_breaker, std::uint64_t{0x2});
        if (sample_.layout.offset(Field::thread_state_gil_requested)) {
            image_.set(sample_.main_state, Field::thread_state_gil_requested, std::int32_t{1});
        }
        image_.set(sample_.main_state, Field::thread_state_async_exc, sample_.main_state);
        image_.set(sample_.legacy_interpreter, Field::interpreter_threads_main, sample_.legacy_state);
        image_.set(sample_.shared_gil, Field::gil_locked, std::int32_t{1});
        image_.set(sample_.shared_gil, Field::gil_last_holder, sample_.legacy_state);
        image_.set(sample_.own_gil, Field::gil_last_holder, Address{0xdead0});
    }

    void make_stacks() {
        const Address none = image_.object(image_.type("NoneType"));
        const Address module = image_.code(spec("<module>", "<module>", "server.py", 31));
        const Address work = image_.code(spec("work", "Server.work", "server.py", 9));
        const Address bootstrap = image_.code(spec("_bootstrap", "Thread._bootstrap", "/lib/threading.py", 1024));
        const Address script = image_.code(spec("<module>", "<module>", "<script>", 3));
        const Items attributes = {{"_target", none}, {"_name", image_.str("subint-driver[1]")}};
        const Address thread = image_.instance("Thread", attributes);

        const std::array main = {FrameSpec{module, 4}};
        set_frames(sample_.main_state, image_.frames(main));
        const std::array worker = {FrameSpec{none, 0, 3}, FrameSpec{work, 0}, FrameSpec{work, 2, 1},
                                   FrameSpec{none, 0, 3}, FrameSpec{bootstrap, 3, 0, thread}};
        sample_.worker_frame = image_.frames(worker);
        set_frames(sample_.worker_state, sample_.worker_frame);
        sample_.first_shim = sample_.worker_frame;
        const std::array legacy = {FrameSpec{script, 7}, FrameSpec{none, 0, 3}};
        set_frames(sample_.legacy_state, image_.frames(legacy));
        sample_.second_shim = *read_value<Address>(
            sample_.memory, innermost(sample_.legacy_state) + *sample_.layout.offset(Field::frame_previous));
    }

    Address innermost(Address state) {
        return *read_value<Address>(sample_.memory, state + *sample_.layout.offset(Field::thread_state_current_frame));
    }

    // 3.15: the chain ends with a sentinel inside the thread state. Elsewhere with nothing.
    void set_frames(Address state, Address frame) {
        image_.set(state, Field::thread_state_current_frame, frame);
        if (!sample_.layout.offset(Field::thread_state_base_frame)) return;
        Address last = frame;
        const std::uint64_t previous = *sample_.layout.offset(Field::frame_previous);
        while (const Address next = *read_value<Address>(sample_.memory, last + previous)) last = next;
        const Address sentinel = image_.frames(std::array{FrameSpec{{}, 0, 3}});
        image_.set(last, Field::frame_previous, sentinel);
        image_.set(state, Field::thread_state_base_frame, sentinel);
    }

    void name_main_thread() {
        const Address thread = image_.instance("_MainThread", Items{{"_name", image_.str("MainThread")}});
        const Address threading = image_.module(image_.dict(Items{{"Lock", {}}, {"_main_thread", thread}}));
        const Address sys = image_.module(image_.dict(Items{}));
        image_.set(sample_.main_interpreter, Field::interpreter_imports_modules,
                   image_.dict(Items{{"sys", sys}, {"threading", threading}}));
    }

    void set_signals() {
        const Address runtime = sample_.layout.runtime();
        image_.set(runtime, Field::runtime_initialized, std::int32_t{1});
        image_.set(runtime, Field::runtime_main_thread, std::uint64_t{0x7f0000000000 + 4242});
        image_.set(runtime, Field::runtime_main_tstate, sample_.main_state);
        image_.set(runtime, Field::signals_wakeup_fd, std::int32_t{7});
        image_.set(runtime, Field::signals_warn_on_full_buffer, std::int32_t{1});
        image_.set(runtime, Field::signals_is_tripped, std::int32_t{1});
        image_.handler(2, image_.function("KIManager.install.<locals>.handler"), true);
        image_.handler(64, {}, true);
    }

    SampleImage& sample_;
    PythonImage image_;
};

}  // namespace

SampleImage make_sample_image(const cpython::Layout& layout) {
    SampleImage sample;
    sample.layout = layout;
    sample.memory.put(sample_runtime, std::vector<std::byte>(sample_size));
    Builder(sample).build();
    return sample;
}

}  // namespace subint_doctor::test
