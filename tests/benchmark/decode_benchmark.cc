// What decoding costs without the kernel's share, against thread states and interpreters: it must grow as they do.
// The image is laid out at random and more widely than a real CPython's, so compare figures only with each other.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fake_memory.h"
#include "python_image.h"
#include "random_layout.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor {
namespace {

constexpr Address runtime{0x100000};
constexpr std::uint64_t runtime_room = 0x28000;  // bytes
constexpr std::size_t depth = 14;  // frames of each thread state

class Image {
public:
    // Thread states are dealt out to the interpreters in turn.
    Image(std::int64_t thread_states, std::int64_t interpreters)
        : layout_(test::random_layout(runtime, 1)), image_(memory_, layout_, runtime + runtime_room) {
        memory_.put(runtime, std::vector<std::byte>(runtime_room));
        const Address code = image_.code({"descend", "descend", "/srv/worker.py", 10, {std::byte{0x80}, {}}});
        const Address gil = image_.gil(1);
        std::vector<Address> made;
        for (std::int64_t id = 0; id < interpreters; ++id) made.push_back(image_.interpreter({id, gil, id == 0}));
        for (std::int64_t i = 0; i < thread_states; ++i) {
            add_state(made[static_cast<std::size_t>(i) % made.size()], code);
        }
    }

    Result<cpython::Decoded> decode() const { return cpython::decode(memory_, layout_); }

private:
    void add_state(Address interpreter, Address code) {
        std::array<test::FrameSpec, depth> stack;
        stack.fill({code});
        const Address state = image_.thread_state(interpreter);
        image_.set(state, cpython::Field::thread_state_current_frame, image_.frames(stack));
    }

    test::FakeMemory memory_;
    cpython::Layout layout_;
    test::PythonImage image_;
};

std::size_t frames_of(const Result<cpython::Decoded>& decoded) {
    std::size_t frames = 0;
    if (!decoded) return frames;
    for (const Interpreter& interpreter : decoded->python.interpreters) {
        for (const ThreadState& state : interpreter.thread_states) frames += state.frames.size();
    }
    return frames;
}

void BM_decode(benchmark::State& state) {
    const Image image(state.range(0), state.range(1));
    if (frames_of(image.decode()) != depth * static_cast<std::size_t>(state.range(0))) {
        state.SkipWithError("the image is not decoded as it is meant");
    }
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(image.decode());
    }
}
BENCHMARK(BM_decode)
    ->ArgNames({"thread_states", "interpreters"})
    ->ArgsProduct({{2, 32, 500}, {1}})
    ->ArgsProduct({{432}, {1, 25, 201}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace subint_doctor
