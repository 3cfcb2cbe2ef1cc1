#include "published_words.h"

namespace subint_doctor::test {
namespace {

// clang-format off
// As read from processes of CPython 3.13.15, 3.14.8 and 3.15.0 (Debian, x86_64).
constexpr std::uint64_t words_313[] = {
    0x7970677562656478, 0x30d0ff0, 0, 283408, 608, 632, 194984, 7272, 7264, 7344, 7400, 7656, 7640, 7648, 16, 7752, 0,
    7768, 7760, 312, 0, 8, 16, 72, 152, 160, 232, 32, 80, 8, 0, 56, 72, 70, 208, 112, 120, 128, 136, 68, 52, 96, 104,
    200, 16, 8, 416, 24, 88, 168, 32, 24, 16, 40, 24, 16, 48, 32, 40, 24, 16, 32, 16, 24, 40, 16, 32, 64, 32, 16, 40,
    240, 200,
};
constexpr std::uint64_t words_314[] = {
    0x7970677562656478, 0x30e08f0, 0, 316616, 784, 808, 225864, 7280, 7272, 7344, 7360, 7408, 7688, 7672, 7680, 16,
    7784, 0, 7800, 7792, 7992, 0, 832, 0, 8, 16, 72, 152, 160, 232, 32, 88, 8, 0, 56, 80, 74, 64, 0, 216, 112, 120,
    128, 136, 68, 52, 96, 104, 208, 0, 16, 8, 416, 24, 88, 168, 40, 32, 16, 40, 24, 16, 200, 24, 40, 32, 48, 32, 40,
    24, 16, 32, 16, 24, 40, 16, 32, 64, 32, 16, 40, 264, 192, 160, 24, 72, 67, 0, 8, 24, 304, 8076, 0, 4, 512,
};
constexpr std::uint64_t words_315[] = {
    0x7970677562656478, 0x30f00f0, 0, 346568, 912, 936, 226240, 7272, 7264, 7336, 7352, 7400, 7592, 7576, 7584, 16,
    7736, 0, 7752, 7744, 7944, 0, 888, 0, 8, 16, 72, 80, 88, 96, 176, 184, 256, 32, 36, 40, 136, 288, 0, 88, 8, 0, 56,
    80, 74, 64, 0, 216, 112, 120, 128, 136, 68, 52, 96, 104, 208, 0, 16, 8, 424, 24, 88, 168, 32, 288, 944, 888, 40,
    32, 16, 40, 24, 16, 200, 24, 40, 32, 48, 32, 40, 24, 16, 32, 16, 24, 40, 16, 32, 64, 32, 16, 40, 56, 176, 112,
    120, 1112, 104, 160, 24, 72, 67, 0, 8, 24, 344, 8028, 0, 4, 512,
};
// clang-format on

}  // namespace

std::span<const std::uint64_t> published_words(unsigned minor_version) {
    if (minor_version == 0x030d) return words_313;
    if (minor_version == 0x030e) return words_314;
    return words_315;
}

void publish(FakeMemory& memory, Address runtime, unsigned minor_version) {
    memory.put(runtime, std::as_bytes(published_words(minor_version)));
}

cpython::Layout recorded_layout(Address runtime, unsigned minor_version) {
    FakeMemory memory;
    publish(memory, runtime, minor_version);
    return *cpython::layout_for(memory, {runtime, 0});
}

}  // namespace subint_doctor::test
