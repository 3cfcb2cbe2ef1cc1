#include "table_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "struct_reader.h"

namespace subint_doctor::cpython {
namespace {

// Include/cpython/pystate.h and pylifecycle.c: the main interpreter is always configured like this in a build with the
// GIL: USE_MAIN_OBMALLOC | THREADS | DAEMON_THREADS | FORK | EXEC.
constexpr std::uint64_t main_feature_flags = 0x18c20;

void add_rows(const LayoutTable& table, bool debug, Layout& layout) {
    for (const TableRow& row : table.rows) layout.set_offset(row.field, debug ? row.debug : row.release);
    layout.set_identity(layout.runtime(), layout.version_hex(), debug, layout.free_threaded());
}

const BuildSizes* find_build(const LayoutTable& table, const Layout& layout) {
    const auto found = std::find_if(table.builds.begin(), table.builds.end(), [&](const BuildSizes& build) {
        return build.runtime == layout.offset(Field::runtime_size) &&
               build.interpreter == layout.offset(Field::interpreter_size) &&
               build.thread_state == layout.offset(Field::thread_state_size);
    });
    return found == table.builds.end() ? nullptr : &*found;
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

void complete_from_table(const MemoryReader& memory, const LayoutTable& table, Layout& layout) {
    if (const BuildSizes* build = find_build(table, layout); build != nullptr) {
        add_rows(table, build->debug, layout);
        return;
    }
    for (const bool debug : {false, true}) {
        Layout trial = layout;
        add_rows(table, debug, trial);
        if (main_interpreter_proves(memory, trial)) {
            layout = trial;
            return;
        }
    }
    layout.refuse_table(fmt::format("unknown layout: CPython {} with a thread state of {} bytes",
                                    version_text(layout.version_hex()), *layout.offset(Field::thread_state_size)));
}

}  // namespace subint_doctor::cpython
