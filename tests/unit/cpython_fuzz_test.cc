#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "any_bytes.h"
#include "published_words.h"
#include "sample_image.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::test {
namespace {

constexpr int mutations = 400;

class Mutations : public testing::TestWithParam<unsigned> {
protected:
    std::vector<std::byte> good_image() {
        SampleImage sample = make_sample_image(recorded_layout(sample_runtime, GetParam()));
        publish(sample.memory, sample_runtime, GetParam());
        const Result<cpython::Decoded> look = cpython::decode(sample.memory, sample.layout);
        EXPECT_TRUE(look.ok() && look->gaps.empty() && look->python.codes.size() == 4);
        std::vector<std::byte> image(sample_size);
        EXPECT_TRUE(read_exact(sample.memory, sample_runtime, image).ok());
        return image;
    }

    // What breaks decoders: other bits, other pointers into the image, extreme numbers; half of them where something is.
    void mutate(std::vector<std::byte>& image) {
        const std::size_t words = image.size() / sizeof(std::uint64_t);
        std::size_t at = random() % words;
        for (int tries = 0; tries < 64 && random() % 8 != 0 && word(image, at) == 0; ++tries) at = random() % words;
        constexpr std::uint64_t extremes[] = {0, 1, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~std::uint64_t{0}};
        std::uint64_t value = word(image, at);
        switch (random() % 4) {
            case 0:
                value ^= std::uint64_t{1} << random() % 64;
                break;
            case 1:
                value = sample_runtime.value + random() % image.size();
                break;
            case 2:
                value = extremes[random() % std::size(extremes)];
                break;
            default:
                value = word(image, random() % words);
                break;
        }
        std::memcpy(image.data() + at * sizeof(value), &value, sizeof(value));
    }

    static std::uint64_t word(const std::vector<std::byte>& image, std::size_t at) {
        std::uint64_t value = 0;
        std::memcpy(&value, image.data() + at * sizeof(value), sizeof(value));
        return value;
    }

    std::mt19937_64 random{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Minors, Mutations, testing::Values(0x030dU, 0x030eU, 0x030fU));

// Soundness is required inside; the counts say that the mutations reach what they are to break, and that losses are
// admitted.
TEST_P(Mutations, NeverBreakTheDecoder) {
    const std::vector<std::byte> good = good_image();
    const Outcome whole = decode_any_bytes(good, sample_runtime);
    ASSERT_TRUE(whole.decoded);
    ASSERT_EQ(whole.admitted, 0U);
    int decoded = 0;
    int admitted = 0;
    std::set<std::uint64_t> digests;
    for (int i = 0; i < mutations; ++i) {
        std::vector<std::byte> image = good;
        for (unsigned n = 0; n < 1 + i % 40U; ++n) mutate(image);
        const Outcome outcome = decode_any_bytes(image, sample_runtime);
        decoded += outcome.decoded ? 1 : 0;
        admitted += outcome.admitted != 0 ? 1 : 0;
        if (outcome.decoded) digests.insert(outcome.digest);
    }
    EXPECT_GT(decoded, mutations / 2);
    EXPECT_GT(admitted, mutations / 8);
    EXPECT_GT(digests.size(), static_cast<std::size_t>(mutations / 8));
}

TEST_P(Mutations, NorDoesACutImage) {
    const std::vector<std::byte> good = good_image();
    bool admitted = false;
    for (std::size_t size = 0; size < good.size(); size += 4099) {
        const Outcome outcome = decode_any_bytes(std::span(good).first(size), sample_runtime);
        admitted = admitted || outcome.admitted != 0;
    }
    EXPECT_TRUE(admitted);
}

// What the fuzzer and the mutations rest on is able to fail.
TEST(SoundnessDeathTest, IsNotGivenToWhatDoesNotHoldTogether) {
    Python sound;
    sound.codes.resize(1);
    sound.gils.push_back({});
    sound.gils[0].id = 0;
    sound.interpreters.resize(1);
    sound.interpreters[0].id = 0;
    sound.interpreters[0].gil = 0;
    ThreadState state;
    state.address = {0x1000};
    state.interpreter = 0;
    state.frames_complete = true;
    state.frames.push_back({});
    sound.interpreters[0].thread_states = {state};
    require_soundness(sound);

    const std::function<void(Python&)> breaks[] = {
        [](Python& python) { python.interpreters[0].thread_states[0].frames[0].code = 1; },
        [](Python& python) { python.interpreters[0].thread_states[0].interpreter = 7; },
        [](Python& python) { python.interpreters[0].thread_states[0].frames_complete = false; },
        [](Python& python) { python.interpreters[0].thread_states[0].holds_gil = true; },
        [](Python& python) { python.interpreters[0].gil = 1; },
        [](Python& python) { python.interpreters[0].id = -1; },
        [](Python& python) { python.gils[0].holder = Address{0x2000}; },
        [](Python& python) { python.codes[0].name = std::string(1000, 'n'); },
    };
    for (const auto& broken : breaks) {
        Python python = sound;
        broken(python);
        EXPECT_DEATH(require_soundness(python), "");
    }
}

}  // namespace
}  // namespace subint_doctor::test
