#include "table_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "struct_reader.h"

namespace subint_doctor::cpython {
namespace {

// Include/cpython/pystate.h and pylifecycle.c: the main interpreter is always configured like this in a build with the
// GIL: USE_MAIN_OBMALLOC | THREADS | DAEMON_THREADS | FORK | EXEC.
constexpr std::uint64_t main_feature_flags = 0x18c20;

Layout complete(const Candidate& candidate) {
    Layout layout = candidate.published;
    layout.set_identity(layout.runtime(), layout.version_hex(), candidate.table->build.kind == BuildKind::debug,
                        candidate.table->build.threading == Threading::free_threaded);
    for (std::size_t i = 0; i < candidate.table->offsets.size(); ++i) {
        if (const auto& offset = candidate.table->offsets[i]) layout.set_offset(static_cast<Field>(i), *offset);
    }
    return layout;
}

bool has_known_sizes(const Candidate& candidate) {
    const Layout& layout = candidate.published;
    const auto known = std::span(candidate.table->sizes).first(candidate.table->size_count);
    return std::ranges::any_of(known, [&](const BuildSizes& sizes) {
        return sizes.runtime == layout.offset(Field::runtime_size) &&
               sizes.interpreter == layout.offset(Field::interpreter_size) &&
               sizes.thread_state == layout.offset(Field::thread_state_size);
    });
}

bool thread_state_proves(const StructReader& structs, Address thread_state, Address interpreter) {
    const auto whence = structs.get<std::int32_t>(thread_state, Field::thread_state_whence);
    const auto state = structs.get<std::int32_t>(thread_state, Field::thread_state_state);
    const auto owner = structs.pointer(thread_state, Field::thread_state_interp);
    return whence && *whence >= -1 && *whence <= 6 && state && *state >= 0 && *state <= 3 && owner &&
           *owner == interpreter;
}

// Fields on both sides of whatever could have moved agree with each other.
bool main_interpreter_proves(const MemoryReader& memory, const Layout& layout) {
    const BlockCache cache(memory);
    const StructReader structs(cache, layout);
    const auto main = structs.pointer(layout.runtime(), Field::runtime_interpreters_main);
    if (!main) return false;
    const auto back = structs.pointer(*main, Field::interpreter_runtime);
    const auto flags = structs.get<std::uint64_t>(*main, Field::interpreter_feature_flags);
    const auto head = structs.pointer(*main, Field::interpreter_threads_head);
    return back && *back == layout.runtime() && flags && *flags == main_feature_flags && head &&
           thread_state_proves(structs, *head, *main);
}

}  // namespace

Layout choose_layout(const MemoryReader& memory, std::span<const Candidate> candidates) {
    for (const Candidate& candidate : candidates) {
        if (has_known_sizes(candidate)) return complete(candidate);
    }
    for (const Candidate& candidate : candidates) {
        Layout trial = complete(candidate);
        if (main_interpreter_proves(memory, trial)) return trial;
    }
    Layout layout = candidates.front().published;
    layout.refuse_table(fmt::format("unknown layout: CPython {} with a thread state of {} bytes",
                                    version_text(layout.version_hex()), *layout.offset(Field::thread_state_size)));
    return layout;
}

}  // namespace subint_doctor::cpython
