// Input that is hostile or merely large: what is read, what is kept, and that what is left out is told.
#include <gtest/gtest.h>

#include <algorithm>

#include "block_cache.h"
#include "decode_attributes.h"
#include "decode_code.h"
#include "decode_frames.h"
#include "decode_strings.h"
#include "decode_thread_states.h"
#include "python_image.h"
#include "random_layout.h"
#include "repeated_memory.h"
#include "sample_image.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;
using Items = std::vector<std::pair<std::string, Address>>;

constexpr Address copies{0x100000000};
constexpr Address more_copies{0x200000000};
constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t room = 2048;  // of a state or frame in an image
constexpr std::uint64_t code_room = 4096;

class Bounds : public testing::Test {
protected:
    std::uint64_t offset(Field field) const { return *sample.layout.offset(field); }
    std::vector<std::byte> bytes_at(Address from, std::uint64_t size) const {
        std::vector<std::byte> bytes(size);
        EXPECT_TRUE(read_exact(sample.memory, from, bytes).ok());
        return bytes;
    }
    template <typename T>
    void set(Address structure, Field field, T value) {
        sample.memory.put_value(structure + offset(field), value);
    }
    Address get(Address structure, Field field) const {
        return *read_value<Address>(sample.memory, structure + offset(field));
    }
    Result<cpython::Decoded> look() const { return cpython::decode(memory, sample.layout); }
    const ThreadState& worker_of(const cpython::Decoded& decoded) {
        return decoded.python.interpreters[2].thread_states[0];
    }

    static bool has_needed_gap(const cpython::Decoded& decoded, const std::string& reason) {
        return std::ranges::any_of(
            decoded.gaps, [&](const Gap& gap) { return gap.needed && gap.reason.find(reason) != std::string::npos; });
    }

    // The worker's stack becomes `count` frames, each with a code object of its own made from `code`.
    void deepen(std::uint64_t count, Address code) {
        const Address like = get(sample.main_state, Field::thread_state_current_frame);
        set(like, Field::frame_owner, std::uint8_t{1});
        set(sample.worker_state, Field::thread_state_current_frame, copies);
        memory.repeat(copies, bytes_at(like, room), count, offset(Field::frame_previous), {});
        memory.vary(offset(Field::frame_executable), more_copies, code_room);
        memory.repeat(more_copies, bytes_at(code, code_room), count, code_room - 8, {});
    }

    SampleImage sample = make_sample_image(random_layout(sample_runtime, 9));
    PythonImage image{sample.memory, sample.layout, Address{0x40000000}, PythonImage::Runtime::is_there};
    RepeatedMemory memory{sample.memory};
};

TEST_F(Bounds, AnOrdinaryLookStaysFarBelowThem) {
    const auto decoded = look();
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(decoded->gaps.empty());
    EXPECT_LT(memory.asked().reads, 200U);
}

TEST_F(Bounds, ForgedThreadStatesAreCut) {
    memory.repeat(copies, bytes_at(sample.main_state, room), 65'536, offset(Field::thread_state_next), {});
    set(sample.main_state, Field::thread_state_next, copies);
    const auto decoded = look();
    const Asked asked = memory.asked();
    EXPECT_LE(decoded->python.interpreters[2].thread_states.size(), cpython::max_thread_states);
    EXPECT_TRUE(has_needed_gap(*decoded, "more than 16384 thread states"));
    EXPECT_LT(asked.peak_heap, 32 * mebibyte);
    EXPECT_LE(asked.reads, cpython::look_limits.reads);
}

TEST_F(Bounds, LongNamesAreCutAndSayWhere) {
    const std::string name(100'000, 'n');
    const Address code = image.code({name, name, "/srv/" + name + "/x.py", 7, {}, 0});
    deepen(9'000, code);
    const auto decoded = look();
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(decoded->gaps.empty());
    EXPECT_EQ(worker_of(*decoded).frames.size(), 9'000U);
    const Code& cut = decoded->python.codes[worker_of(*decoded).frames[0].code];
    EXPECT_EQ(cut.name, name.substr(0, cpython::max_name_size) + "…[99744 more]");
    EXPECT_EQ(cut.qualname, cut.name);
    EXPECT_TRUE(cut.file.starts_with("[99498 more]…nnn")) << cut.file;
    EXPECT_TRUE(cut.file.ends_with("nnn/x.py")) << cut.file;
    EXPECT_LT(memory.asked().peak_heap, 40 * mebibyte);
}

TEST_F(Bounds, TooManyCodeObjectsEndInAReason) {
    const Address code = image.code({std::string(4'000, 'n'), "q", "f", 7, {}, 0});
    deepen(10'000, code);
    const Address second = more_copies + 9'999 * code_room;
    ASSERT_TRUE(read_value<Address>(memory, second).ok());
    const auto decoded = look();
    EXPECT_LT(memory.asked().peak_heap, 40 * mebibyte);
    std::uint64_t text = 0;
    for (const Code& known : decoded->python.codes)
        text += known.name.size() + known.qualname.size() + known.file.size();
    EXPECT_LE(text, cpython::CodeTable::max_text);
}

TEST_F(Bounds, ReadingAStackAgainReadsNoNameAgain) {
    const Address code = image.code({std::string(100'000, 'n'), "q", "f", 7, {}, 0});
    deepen(500, code);
    std::vector<Code> codes = look()->python.codes;
    const std::size_t known = codes.size();
    const Result<cpython::RawStack> raw = cpython::read_raw_stack(memory, sample.layout, sample.worker_state);
    ASSERT_TRUE(raw.ok());
    std::uint64_t first = 0;
    {
        std::vector<Code> none;
        memory.asked();
        ASSERT_TRUE(cpython::describe_stack(memory, sample.layout, *raw, none).ok());
        first = memory.asked().bytes;
    }
    for (int n = 0; n < 30; ++n) {
        ASSERT_TRUE(cpython::describe_stack(memory, sample.layout, *raw, codes).ok());
        const std::uint64_t again = memory.asked().bytes;
        EXPECT_LT(again, first) << "the names were read again";
    }
    EXPECT_EQ(codes.size(), known);
}

// A bound for states and a bound for keys are no bound for their product.
TEST_F(Bounds, WorkThatMultipliesEndsInANeededGap) {
    Items many;
    for (int i = 0; i < 2'000; ++i) many.push_back({"k" + std::to_string(10'000 + i), sample.main_state});
    const Address self = image.instance("Thread", {});
    sample.memory.put_value(self - offset(Field::object_managed_dict), image.dict(many));
    const Address frame =
        get(get(get(sample.worker_frame, Field::frame_previous), Field::frame_previous), Field::frame_previous);
    const Address bootstrap = get(frame, Field::frame_previous);
    set(bootstrap, Field::frame_localsplus, self);
    set(sample.worker_state, Field::thread_state_next, copies);
    memory.repeat(copies, bytes_at(sample.worker_state, room), 16'000, offset(Field::thread_state_next),
                  sample.main_state);
    const auto decoded = look();
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(has_needed_gap(*decoded, "more of this process than one look may"));
    const Asked asked = memory.asked();
    EXPECT_LE(asked.reads, cpython::look_limits.reads);
    EXPECT_LE(asked.bytes, cpython::look_limits.bytes + mebibyte);
    EXPECT_LT(asked.peak_heap, 40 * mebibyte);
}

TEST_F(Bounds, LongLineTablesCostTheBudgetToo) {
    std::vector<std::byte> table(cpython::CodeTable::max_line_table / 2, std::byte{0xf8});  // no line, one code unit
    const Address code = image.code({"f", "f", "f.py", 7, table, 0});
    const Address like = get(sample.main_state, Field::thread_state_current_frame);
    set(like, Field::frame_owner, std::uint8_t{1});
    set(like, Field::frame_executable, code);
    set(sample.worker_state, Field::thread_state_current_frame, copies);
    memory.repeat(copies, bytes_at(like, room), 9'000, offset(Field::frame_previous), {});
    memory.vary(offset(Field::frame_instr_ptr), code + offset(Field::code_adaptive) + 400'000, 2);
    const auto decoded = look();
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(has_needed_gap(*decoded, "more of this process than one look may"));
    std::vector<Code> codes;
    const auto one = cpython::decode_thread_state(memory, sample.layout, sample.worker_state, codes);
    ASSERT_TRUE(one.ok());
    EXPECT_FALSE(one->frames_complete);
    EXPECT_NE(one->frames_problem, "");
}

TEST_F(Bounds, ACircleOfFramesIsFoundSoon) {
    set(sample.worker_state, Field::thread_state_current_frame, copies);
    const Address like = get(sample.main_state, Field::thread_state_current_frame);
    memory.repeat(copies, bytes_at(like, room), 50, offset(Field::frame_previous), copies + 10 * room);
    const Result<cpython::RawStack> raw = cpython::read_raw_stack(memory, sample.layout, sample.worker_state);
    ASSERT_TRUE(raw.ok());
    EXPECT_EQ(raw->frames.size(), 50U);
    EXPECT_FALSE(raw->state.frames_complete);
    EXPECT_EQ(raw->state.frames_problem, "the list of frames goes in circles");
    EXPECT_LT(memory.asked().reads, 200U);
}

// What the tracer reads during a hold is all that the description of the chain needs of what may change.
TEST_F(Bounds, ARecordingGivesTheSameRawStack) {
    const Result<cpython::RawStack> raw = cpython::read_raw_stack(memory, sample.layout, sample.worker_state);
    ASSERT_TRUE(raw.ok());
    EXPECT_LE(memory.asked().reads, 16U);
    set(sample.worker_state, Field::thread_state_current_frame, Address{});  // it runs on
    std::vector<Code> codes;
    const Result<ThreadState> state = cpython::describe_stack(memory, sample.layout, *raw, codes);
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(state->frames.size(), 2U);
    EXPECT_EQ(state->python_name, "subint-driver[1]");
    EXPECT_EQ(state->interpreter, 0);
    EXPECT_TRUE(state->frames_complete);
}

}  // namespace
}  // namespace subint_doctor::test
