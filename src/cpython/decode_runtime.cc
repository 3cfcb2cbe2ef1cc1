#include "decode_runtime.h"

namespace subint_doctor::cpython {
namespace {

// What is lost with the table, once for the whole look; signals speak for themselves.
void add_table_gaps(const Layout& layout, std::vector<Gap>& gaps) {
    if (layout.table_refusal().empty()) return;
    for (const char* path : {"interpreters.kind", "threads.thread_states.status", "gils.switch_number"}) {
        gaps.push_back({path, layout.table_refusal(), true});
    }
}

}  // namespace

Python decode_runtime(const StructReader& structs, std::vector<Gap>& gaps) {
    const Layout& layout = structs.layout();
    add_table_gaps(layout, gaps);
    Python python;
    python.version_hex = layout.version_hex();
    python.version = version_text(layout.version_hex());
    python.debug = layout.debug();
    python.free_threaded = layout.free_threaded();
    python.runtime = layout.runtime();
    python.layout_source = "debug-offsets";
    StructView view(structs, layout.runtime());
    python.initialized = view.get<std::int32_t>(Field::runtime_initialized) != 0;
    python.finalizing = static_cast<bool>(view.pointer(Field::runtime_finalizing));
    python.main_thread_pthread = view.get<std::uint64_t>(Field::runtime_main_thread);
    python.main_thread_state = view.pointer(Field::runtime_main_tstate);
    if (view.error()) gaps.push_back({"target.finalizing", describe(*view.error()), true});
    return python;
}

}  // namespace subint_doctor::cpython
