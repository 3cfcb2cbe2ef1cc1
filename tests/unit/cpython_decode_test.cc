#include <gtest/gtest.h>

#include "python_image.h"
#include "random_layout.h"
#include "sample_image.h"
#include "subint_doctor/cpython/decode.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;

// The flag word of 3.13, the integers of later versions: one of the two tells who holds the GIL.
class DecodeAnyLayout : public testing::TestWithParam<std::uint64_t> {
protected:
    SampleImage sample = make_sample_image(random_layout(sample_runtime, GetParam()));
    Result<cpython::Decoded> look = cpython::decode(sample.memory, sample.layout);
    const Python& python() { return look->python; }
    const Interpreter& interpreter(std::int64_t id) { return python().interpreters[static_cast<std::size_t>(2 - id)]; }
    const ThreadState& worker() { return interpreter(0).thread_states[0]; }
    const ThreadState& main_state() { return interpreter(0).thread_states[1]; }
    const ThreadState& legacy() { return interpreter(1).thread_states[0]; }
    std::string stack(const ThreadState& state) {
        std::string text;
        for (const Frame& frame : state.frames) {
            const Code& code = python().codes[frame.code];
            text += code.qualname + " " + code.file + ":" + std::to_string(frame.line.value_or(-1)) + ":" +
                    std::to_string(frame.column.value_or(-1)) + "\n";
        }
        return text;
    }
};

INSTANTIATE_TEST_SUITE_P(Seeds, DecodeAnyLayout, testing::Range<std::uint64_t>(1, 25));

TEST_P(DecodeAnyLayout, ReadsEverythingOfASoundImage) {
    ASSERT_TRUE(look.ok()) << describe(look.error());
    for (const Gap& gap : look->gaps) ADD_FAILURE() << gap.path << ": " << gap.reason;
}

TEST_P(DecodeAnyLayout, ListsInterpretersNewestFirst) {
    ASSERT_EQ(python().interpreters.size(), 3U);
    EXPECT_EQ(interpreter(0).address, sample.main_interpreter);
    EXPECT_EQ(interpreter(0).kind, InterpreterKind::main);
    EXPECT_EQ(interpreter(0).whence, "runtime");
    EXPECT_TRUE(interpreter(0).collecting);
    EXPECT_EQ(interpreter(1).kind, InterpreterKind::legacy);
    EXPECT_EQ(interpreter(1).whence, "stdlib");
    EXPECT_EQ(interpreter(1).running_main, sample.legacy_state);
    EXPECT_FALSE(interpreter(1).collecting);
    EXPECT_EQ(interpreter(2).kind, InterpreterKind::isolated);
    EXPECT_TRUE(interpreter(2).thread_states.empty());
}

TEST_P(DecodeAnyLayout, ReadsThreadStates) {
    ASSERT_EQ(interpreter(0).thread_states.size(), 2U);
    EXPECT_EQ(main_state().address, sample.main_state);
    EXPECT_EQ(main_state().namespace_tid, 4242);
    EXPECT_EQ(main_state().pthread_id, 0x7f0000000000U + 4242);
    EXPECT_EQ(main_state().eval_breaker, signals_pending);
    EXPECT_EQ(main_state().whence, 1);
    EXPECT_EQ(main_state().status, ThreadStatus::detached);
    EXPECT_TRUE(main_state().async_exception_pending);
    EXPECT_EQ(main_state().gil_requested, true);
    EXPECT_EQ(legacy().interpreter, 1);
    EXPECT_EQ(legacy().eval_breaker, gil_drop_request);
    EXPECT_EQ(legacy().status, ThreadStatus::attached);
    EXPECT_TRUE(legacy().holds_gil);
    EXPECT_EQ(legacy().gil_requested, false);
    EXPECT_FALSE(worker().holds_gil);
}

TEST_P(DecodeAnyLayout, ReadsFramesWithoutShimsAndUnbegunOnes) {
    EXPECT_EQ(stack(main_state()), "<module> server.py:31:4\n");
    EXPECT_EQ(stack(worker()), "Server.work server.py:9:2\nThread._bootstrap /lib/threading.py:1024:3\n");
    EXPECT_EQ(stack(legacy()), "<module> <script>:3:7\n");
    EXPECT_TRUE(worker().frames_complete) << worker().frames_problem;
    EXPECT_EQ(worker().stack_anchor, sample.first_shim);
    EXPECT_EQ(legacy().stack_anchor, sample.second_shim);
    EXPECT_EQ(worker().current_frame, sample.worker_frame);
    EXPECT_NE(worker().frames_fingerprint, legacy().frames_fingerprint);
}

// Between two shims lie the frames that one call of the interpreter's loop runs; the unbegun one is none.
TEST_P(DecodeAnyLayout, TellsWhichFramesOneEvalCallRuns) {
    ASSERT_EQ(worker().eval_calls.size(), 2U);
    EXPECT_EQ(worker().eval_calls[0], (EvalCall{sample.first_shim, 0}));
    EXPECT_EQ(worker().eval_calls[1].frames, 1U) << "work; who runs _bootstrap is not there to be read";
    EXPECT_EQ(legacy().eval_calls, (std::vector<EvalCall>{{sample.second_shim, 1}}));
    EXPECT_TRUE(main_state().eval_calls.empty());
}

TEST_P(DecodeAnyLayout, StripsTheTagsOfReferencesOnTheStack) {
    const Address frame = main_state().current_frame;
    const Address at = frame + *sample.layout.offset(Field::frame_executable);
    const Address code = *read_value<Address>(sample.memory, at);
    cpython::Shapes shapes;
    shapes.frame = cpython::FrameShape::tagged;
    sample.layout.set_shapes(shapes);
    for (const std::uint64_t tag : {1U, 2U, 3U}) {
        sample.memory.put_value(at, code + tag);
        look = cpython::decode(sample.memory, sample.layout);
        EXPECT_EQ(stack(main_state()), "<module> server.py:31:4\n");
    }
    sample.layout.set_shapes({});
    look = cpython::decode(sample.memory, sample.layout);
    EXPECT_NE(stack(main_state()), "<module> server.py:31:4\n") << "where references have no tags, none are taken off";
}

TEST_P(DecodeAnyLayout, AStateWithoutFramesIsComplete) {
    const Address base =
        *read_value<Address>(sample.memory, sample.main_state + *sample.layout.offset(Field::thread_state_base_frame));
    sample.memory.put_value(sample.main_state + *sample.layout.offset(Field::thread_state_current_frame), base);
    look = cpython::decode(sample.memory, sample.layout);
    EXPECT_TRUE(main_state().frames.empty());
    EXPECT_TRUE(main_state().frames_complete);
    EXPECT_FALSE(main_state().stack_anchor);
}

TEST_P(DecodeAnyLayout, NamesThreads) {
    EXPECT_EQ(main_state().python_name, "MainThread");
    EXPECT_EQ(worker().python_name, "subint-driver[1]");
    EXPECT_EQ(legacy().python_name, std::nullopt);
}

TEST_P(DecodeAnyLayout, ReadsEachGilOnce) {
    ASSERT_EQ(python().gils.size(), 2U);
    const Gil& shared = python().gils[0];
    EXPECT_TRUE(shared.is_main);
    EXPECT_EQ(shared.address, sample.shared_gil);
    EXPECT_EQ(shared.interpreters, (std::vector<std::int64_t>{0, 1}));
    EXPECT_TRUE(shared.locked);
    EXPECT_EQ(shared.holder, sample.legacy_state);
    EXPECT_TRUE(shared.last_holder_alive);
    EXPECT_TRUE(shared.drop_requested);
    EXPECT_EQ(shared.switch_number, 1041U);
    EXPECT_EQ(shared.switch_interval_us, 5000U);
    EXPECT_EQ(shared.condition.start, sample.shared_gil + *sample.layout.offset(Field::gil_cond));
    EXPECT_EQ(shared.condition.size, *sample.layout.offset(Field::gil_cond_size));
    const Gil& own = python().gils[1];
    EXPECT_EQ(own.interpreters, std::vector<std::int64_t>{2});
    EXPECT_FALSE(own.locked);
    EXPECT_FALSE(own.last_holder_alive);
    EXPECT_EQ(own.holder, std::nullopt);
    EXPECT_EQ(interpreter(2).gil, 1);
}

TEST_P(DecodeAnyLayout, ReadsSignalsAndRuntime) {
    EXPECT_EQ(python().signals.wakeup_fd, 7);
    EXPECT_TRUE(python().signals.warn_on_full_buffer);
    EXPECT_TRUE(python().signals.is_tripped);
    EXPECT_EQ(python().signals.tripped, (std::vector<int>{2, 64}));
    EXPECT_EQ(python().signals.sigint_handler, "KIManager.install.<locals>.handler");
    EXPECT_TRUE(python().initialized);
    EXPECT_FALSE(python().finalizing);
    EXPECT_EQ(python().main_thread_state, sample.main_state);
    EXPECT_EQ(python().version, "3.14.8");
}

TEST_P(DecodeAnyLayout, ReadsOneThreadStateAgainAndKnowsItsCodes) {
    std::vector<Code> codes = python().codes;
    const Result<ThreadState> again =
        cpython::decode_thread_state(sample.memory, sample.layout, sample.worker_state, codes);
    ASSERT_TRUE(again.ok()) << describe(again.error());
    EXPECT_EQ(codes, python().codes);
    EXPECT_EQ(again->frames, worker().frames);
    EXPECT_EQ(again->frames_fingerprint, worker().frames_fingerprint);
    EXPECT_EQ(again->python_name, worker().python_name);
    EXPECT_EQ(again->interpreter, 0);
}

TEST_P(DecodeAnyLayout, TheMainThreadIsMainThreadThoughThreadingWasNeverImported) {
    PythonImage image(sample.memory, sample.layout, Address{0x40000000}, PythonImage::Runtime::is_there);
    const Address modules = image.dict(std::vector<std::pair<std::string, Address>>{{"sys", sample.main_state}});
    image.set(sample.main_interpreter, Field::interpreter_imports_modules, modules);
    look = cpython::decode(sample.memory, sample.layout);
    EXPECT_EQ(main_state().python_name, "MainThread");
}

TEST_P(DecodeAnyLayout, KeepsWhatTwoCodesAtOneAddressWere) {
    std::vector<Code> codes = {{python().codes[legacy().frames[0].code].address, "freed", "freed", "gone.py", 1}};
    const Result<ThreadState> again =
        cpython::decode_thread_state(sample.memory, sample.layout, sample.legacy_state, codes);
    ASSERT_TRUE(again.ok()) << describe(again.error());
    ASSERT_EQ(codes.size(), 2U);
    EXPECT_EQ(codes[0].file, "gone.py");
    EXPECT_EQ(codes[again->frames[0].code].file, "<script>");
}

TEST_P(DecodeAnyLayout, FallsBackToTheLastHolderWhereNoFlagIsKnown) {
    sample.layout.forget(Field::thread_state_holds_gil);
    sample.layout.forget(Field::thread_state_holds_gil_bit);
    look = cpython::decode(sample.memory, sample.layout);
    EXPECT_TRUE(legacy().holds_gil);
    EXPECT_EQ(python().gils[0].holder, sample.legacy_state);
    EXPECT_TRUE(look->gaps.empty());
}

TEST_P(DecodeAnyLayout, ReadsTheHoldersBitOfOlderVersions) {
    const std::uint32_t bit = 1U << *sample.layout.offset(Field::thread_state_holds_gil_bit);
    sample.memory.put_value(sample.legacy_state + *sample.layout.offset(Field::thread_state_holds_gil),
                            std::int32_t{0});
    sample.memory.put_value(sample.worker_state + *sample.layout.offset(Field::thread_state_status), bit);
    sample.memory.put_value(sample.shared_gil + *sample.layout.offset(Field::gil_last_holder), sample.worker_state);
    look = cpython::decode(sample.memory, sample.layout);
    EXPECT_TRUE(worker().holds_gil);
    EXPECT_FALSE(worker().bound_gilstate);
    EXPECT_EQ(python().gils[0].holder, sample.worker_state);
    EXPECT_TRUE(look->gaps.empty());
}

}  // namespace
}  // namespace subint_doctor::test
