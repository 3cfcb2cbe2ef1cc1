// The location table of a code object is read from its start up to one instruction: its cost grows with the function.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "line_table.h"

namespace subint_doctor::cpython {
namespace {

// Mirrors: InternalDocs/code_objects.md; code 11 is "one line further, columns in the next two bytes", and each entry
// here is one code unit long.
std::vector<std::byte> table_of(std::int64_t lines) {
    std::vector<std::byte> table;
    for (std::int64_t i = 0; i < lines; ++i) {
        table.insert(table.end(), {std::byte{0x80 | (11 << 3)}, std::byte{4}, std::byte{20}});
    }
    return table;
}

void BM_find_location(benchmark::State& state) {
    const std::vector<std::byte> table = table_of(state.range(0));
    const auto last_unit = static_cast<std::uint64_t>(state.range(0) - 1);
    if (find_location(table, 1, last_unit).line != 1 + state.range(0)) {
        state.SkipWithError("the table is not read as it is meant");
    }
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(find_location(table, 1, last_unit));
    }
    state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_find_location)->RangeMultiplier(8)->Range(8, 4096)->Complexity();

}  // namespace
}  // namespace subint_doctor::cpython
