#include <gtest/gtest.h>

#include <algorithm>

#include "layout_tables.h"
#include "published_words.h"
#include "sample_image.h"
#include "subint_doctor/cpython/layout.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;
using cpython::Layout;
using cpython::layout_for;

constexpr Address runtime = sample_runtime;
constexpr std::uint64_t word = 8;
constexpr Address version_at = runtime + 1 * word;
constexpr Address free_threaded_at = runtime + 2 * word;

TEST(VersionText, IsWhatPythonSaysOfItself) {
    EXPECT_EQ(cpython::version_text(0x030e08f0), "3.14.8");
    EXPECT_EQ(cpython::version_text(0x030f00c1), "3.15.0rc1");
    EXPECT_EQ(cpython::version_text(0x030f00b2), "3.15.0b2");
    EXPECT_EQ(cpython::version_text(0x031000a7), "3.16.0a7");
}

class EveryVersion : public testing::TestWithParam<unsigned> {
protected:
    EveryVersion() { publish(memory, runtime, GetParam()); }

    void publish_thread_state_size(std::uint64_t size) {
        for (const auto& row : cpython::find_layout_table(GetParam())->published) {
            if (row.field == Field::thread_state_size) memory.put_value(runtime + row.word * word, size);
        }
    }

    FakeMemory memory;
};

INSTANTIATE_TEST_SUITE_P(Minors, EveryVersion, testing::Values(0x030dU, 0x030eU, 0x030fU));

TEST_P(EveryVersion, TakesWhatIsPublishedThenTheTable) {
    const Result<Layout> layout = layout_for(memory, {runtime, 300'000});
    ASSERT_TRUE(layout.ok()) << describe(layout.error());
    EXPECT_EQ(layout->minor_version(), GetParam());
    EXPECT_EQ(layout->table_refusal(), "");
    EXPECT_FALSE(layout->debug());
    EXPECT_EQ(layout->offset(Field::gil_last_holder), 8U);
    EXPECT_EQ(layout->offset(Field::gil_locked), 16U);
    EXPECT_EQ(layout->offset(Field::thread_state_current_frame), 72U);
    EXPECT_EQ(*layout->offset(Field::signals_wakeup_fd), *layout->offset(Field::signals_handlers) + 1040);
    EXPECT_EQ(layout->offset(Field::thread_state_gil_requested).has_value(), GetParam() == 0x030f);
    EXPECT_EQ(layout->offset(Field::thread_state_holds_gil_bit).has_value(), GetParam() == 0x030d);
    EXPECT_EQ(layout->offset(Field::thread_state_holds_gil).has_value(), GetParam() != 0x030d);
    EXPECT_EQ(layout->offset(Field::frame_stackpointer).has_value(), GetParam() != 0x030d);
}

TEST_P(EveryVersion, KnowsEveryFieldThatSomeVersionHas) {
    const Result<Layout> layout = layout_for(memory, {runtime, 0});
    constexpr Field not_everywhere[] = {Field::thread_state_base_frame,    Field::thread_state_gil_requested,
                                        Field::thread_state_holds_gil,     Field::thread_state_holds_gil_bit,
                                        Field::frame_stackpointer,         Field::opcode_jump_backward_jit,
                                        Field::opcode_jump_backward_no_jit};
    for (unsigned i = 0; i < static_cast<unsigned>(Field::count); ++i) {
        const auto field = static_cast<Field>(i);
        if (std::find(std::begin(not_everywhere), std::end(not_everywhere), field) != std::end(not_everywhere))
            continue;
        EXPECT_TRUE(layout->offset(field).has_value()) << "field number " << i;
    }
}

TEST_P(EveryVersion, RecognisesADebugBuildByItsSizes) {
    const cpython::LayoutTable& table = *cpython::find_layout_table(GetParam());
    for (const cpython::BuildSizes& build : table.builds) {
        for (const auto& row : table.published) {
            const Address at = runtime + row.word * word;
            if (row.field == Field::runtime_size) memory.put_value(at, build.runtime);
            if (row.field == Field::interpreter_size) memory.put_value(at, build.interpreter);
            if (row.field == Field::thread_state_size) memory.put_value(at, build.thread_state);
        }
        const Result<Layout> layout = layout_for(memory, {runtime, 0});
        EXPECT_EQ(layout->table_refusal(), "");
        EXPECT_EQ(layout->debug(), build.debug);
    }
}

TEST_P(EveryVersion, RefusesTheTableForUnknownSizes) {
    publish_thread_state_size(4711);
    const Result<Layout> layout = layout_for(memory, {runtime, 0});
    ASSERT_TRUE(layout.ok());
    EXPECT_NE(layout->table_refusal().find("thread state of 4711 bytes"), std::string::npos) << layout->table_refusal();
    EXPECT_FALSE(layout->offset(Field::signals_wakeup_fd));
    EXPECT_TRUE(layout->offset(Field::thread_state_current_frame));
}

TEST_P(EveryVersion, BelievesTheTableForUnknownSizesWhenTheMainInterpreterProvesIt) {
    for (const bool debug : {false, true}) {
        Layout made_with = recorded_layout(runtime, GetParam());
        for (const auto& row : cpython::find_layout_table(GetParam())->rows) {
            made_with.set_offset(row.field, debug ? row.debug : row.release);
        }
        SampleImage sample = make_sample_image(made_with);
        memory = std::move(sample.memory);
        publish(memory, runtime, GetParam());
        publish_thread_state_size(4711);
        const Result<Layout> layout = layout_for(memory, {runtime, 0});
        EXPECT_EQ(layout->table_refusal(), "");
        EXPECT_EQ(layout->debug(), debug);

        memory.put_value(sample.main_interpreter + *made_with.offset(Field::interpreter_runtime), runtime + 8);
        EXPECT_NE(layout_for(memory, {runtime, 0})->table_refusal(), "");
    }
}

TEST_P(EveryVersion, RefusesFreeThreadedBuilds) {
    memory.put_value(free_threaded_at, std::uint64_t{1});
    const Error error = layout_for(memory, {runtime, 0}).error();
    EXPECT_EQ(error.code, ErrorCode::unsupported_python);
    EXPECT_NE(error.doing.find("free-threaded"), std::string::npos);
}

TEST_P(EveryVersion, RefusesOtherVersionsByName) {
    const std::pair<std::uint64_t, const char*> versions[] = {
        {0x031000f0, "CPython 3.16.0 ("}, {0x030c01f0, "CPython 3.12.1 ("}, {0x030f00a4, "CPython 3.15.0a4 ("}};
    for (const auto& [version, text] : versions) {
        memory.put_value(version_at, version);
        const Error error = layout_for(memory, {runtime, 0}).error();
        EXPECT_EQ(error.code, ErrorCode::unsupported_python);
        EXPECT_EQ(error.doing.find(text), 0U) << error.doing;
    }
}

TEST_P(EveryVersion, TakesAMissingCookieForAnOlderCPython) {
    memory.put_value(runtime, std::uint64_t{0x100000001});
    const Error error = layout_for(memory, {runtime, 0}).error();
    EXPECT_EQ(error.code, ErrorCode::unsupported_python);
    EXPECT_EQ(error.doing, "a CPython older than 3.13 (this version reads 3.13, 3.14 and 3.15)");
}

TEST_P(EveryVersion, SaysWhenThereIsNoRuntime) {
    EXPECT_EQ(layout_for(memory, {runtime, 16}).error().code, ErrorCode::not_python);
    EXPECT_EQ(layout_for(memory, {Address{0x10}, 0}).error().code, ErrorCode::unreadable);
}

}  // namespace
}  // namespace subint_doctor::test
