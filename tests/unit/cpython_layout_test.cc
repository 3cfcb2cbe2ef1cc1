#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

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

    // The tables of its release and its debug build.
    static std::vector<const cpython::LayoutTable*> tables() {
        std::vector<const cpython::LayoutTable*> found;
        for (const cpython::LayoutTable& table : cpython::layout_tables()) {
            if (table.build.first_hex >> 16 == GetParam()) found.push_back(&table);
        }
        return found;
    }

    void publish_size(Field field, std::uint64_t size) {
        memory.put_value(runtime + *tables().front()->words.at(static_cast<std::size_t>(field)) * word, size);
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
    for (const cpython::LayoutTable* table : tables()) {
        for (const auto& sizes : std::span(table->sizes).first(table->size_count)) {
            publish_size(Field::runtime_size, sizes.runtime);
            publish_size(Field::interpreter_size, sizes.interpreter);
            publish_size(Field::thread_state_size, sizes.thread_state);
            const Result<Layout> layout = layout_for(memory, {runtime, 0});
            EXPECT_EQ(layout->table_refusal(), "");
            EXPECT_EQ(layout->debug(), table->build.kind == cpython::BuildKind::debug);
        }
    }
}

// Whoever adds a file sees here what it must have; field by field, the tests above and below do.
TEST_P(EveryVersion, HasAReleaseAndADebugBuild) {
    ASSERT_EQ(tables().size(), 2U);
    EXPECT_EQ(tables()[0]->build.kind, cpython::BuildKind::release);
    EXPECT_EQ(tables()[1]->build.kind, cpython::BuildKind::debug);
    EXPECT_EQ(tables()[0]->words, tables()[1]->words);
    for (const cpython::LayoutTable* table : tables()) {
        EXPECT_GT(table->size_count, 0U);
        EXPECT_LT(table->build.first_hex, table->build.last_hex);
        for (std::size_t field = 0; field < table->words.size(); ++field) {
            EXPECT_FALSE(table->words[field] && table->offsets[field]) << "both published and not: field " << field;
        }
    }
}

TEST_P(EveryVersion, HasItsShapes) {
    const auto frame = GetParam() == 0x030d ? cpython::FrameShape::pointers : cpython::FrameShape::tagged;
    EXPECT_EQ(recorded_layout(runtime, GetParam()).shapes().frame, frame);
    for (const cpython::LayoutTable* table : tables()) EXPECT_EQ(table->shapes.frame, frame);
}

TEST_P(EveryVersion, RefusesTheTableForUnknownSizes) {
    publish_size(Field::thread_state_size, 4711);
    const Result<Layout> layout = layout_for(memory, {runtime, 0});
    ASSERT_TRUE(layout.ok());
    EXPECT_NE(layout->table_refusal().find("thread state of 4711 bytes"), std::string::npos) << layout->table_refusal();
    EXPECT_FALSE(layout->offset(Field::signals_wakeup_fd));
    EXPECT_TRUE(layout->offset(Field::thread_state_current_frame));
}

TEST_P(EveryVersion, BelievesTheTableForUnknownSizesWhenTheMainInterpreterProvesIt) {
    for (const cpython::LayoutTable* table : tables()) {
        Layout made_with = recorded_layout(runtime, GetParam());
        for (std::size_t field = 0; field < table->offsets.size(); ++field) {
            if (const auto& offset = table->offsets[field]) made_with.set_offset(static_cast<Field>(field), *offset);
        }
        SampleImage sample = make_sample_image(made_with);
        memory = std::move(sample.memory);
        publish(memory, runtime, GetParam());
        publish_size(Field::thread_state_size, 4711);
        const Result<Layout> layout = layout_for(memory, {runtime, 0});
        EXPECT_EQ(layout->table_refusal(), "");
        EXPECT_EQ(layout->debug(), table->build.kind == cpython::BuildKind::debug);

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

TEST_P(EveryVersion, ItsFirstReleaseCandidateIsReadAndTheLastBetaIsNot) {
    memory.put_value(version_at, std::uint64_t{GetParam()} << 16 | 0xc1);
    EXPECT_TRUE(layout_for(memory, {runtime, 0}));
    memory.put_value(version_at, std::uint64_t{GetParam()} << 16 | 0xb4);
    EXPECT_FALSE(layout_for(memory, {runtime, 0}));
    memory.put_value(version_at, std::uint64_t{1} << 32 | std::uint64_t{GetParam()} << 16 | 0xf0);
    EXPECT_FALSE(layout_for(memory, {runtime, 0}));
}

TEST_P(EveryVersion, RefusesOtherArchitecturesByName) {
    const Result<Layout> layout = layout_for(memory, {runtime, 0, cpython::Architecture::aarch64});
    ASSERT_FALSE(layout);
    EXPECT_EQ(layout.error().code, ErrorCode::unsupported_python);
    EXPECT_NE(layout.error().doing.find(" on aarch64 ("), std::string::npos) << layout.error().doing;
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
