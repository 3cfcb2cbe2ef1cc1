// What thinking and printing cost, against the number of threads: none of it may grow faster than they do.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "case_builder.h"
#include "subint_doctor/diagnose/diagnose.h"
#include "subint_doctor/report/render.h"

namespace subint_doctor {
namespace {

constexpr int depth = 14;
constexpr int first_tid = 5000;

// The founding hang with further threads, whose stacks are equal (`distinct` false) or differ in their innermost line.
Inspection hang_with_threads(std::int64_t count, bool distinct) {
    Snapshot look = tests::founding_hang_after_sigints();
    const auto code = static_cast<std::uint32_t>(look.python->codes.size());
    look.python->codes.push_back({{0x9000}, "descend", "descend", "/srv/worker.py", 10});
    for (int i = 0; i < static_cast<int>(count); ++i) {
        const int tid = first_tid + i;
        tests::add_thread(look, tid, "worker-" + std::to_string(i));
        ThreadState& state = tests::innermost_of(look, tid);
        state.frames.assign(depth, Frame{code, 12, 4});
        state.frames.front().line = distinct ? 20 + i : 12;
        state.frames_complete = true;
    }
    return tests::looked_at_twice(look);
}

void BM_diagnose(benchmark::State& state) {
    const Inspection inspection = hang_with_threads(state.range(0), true);
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(diagnose::diagnose(inspection));
    }
    state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_diagnose)->Arg(2)->Arg(32)->Arg(500)->Arg(2000)->Complexity();

void BM_render_text(benchmark::State& state) {
    const Inspection inspection = hang_with_threads(state.range(0), state.range(1) != 0);
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(report::render_text(inspection, diagnosis, {}));
    }
}
BENCHMARK(BM_render_text)->ArgNames({"threads", "distinct"})->ArgsProduct({{2, 32, 500, 2000}, {0, 1}});

void BM_render_json(benchmark::State& state) {
    const Inspection inspection = hang_with_threads(state.range(0), true);
    const Diagnosis diagnosis = diagnose::diagnose(inspection);
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(report::render_json(inspection, diagnosis, "benchmark"));
    }
    state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_render_json)->Arg(2)->Arg(32)->Arg(500)->Arg(2000)->Complexity();

}  // namespace
}  // namespace subint_doctor
