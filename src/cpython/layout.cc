#include "subint_doctor/cpython/layout.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "layout_tables.h"
#include "table_guard.h"

namespace subint_doctor::cpython {
namespace {

// Include/internal/pycore_debug_offsets.h, _Py_Debug_Cookie and the two words after it.
constexpr std::string_view cookie = "xdebugpy";
struct Head {
    std::array<char, 8> cookie;
    std::uint64_t version_hex;
    std::uint64_t free_threaded;
};

Error unsupported(const std::string& what) {
    return {ErrorCode::unsupported_python, what + " (this version reads 3.13, 3.14 and 3.15)"};
}

// Alphas and betas of a minor version have other words in _Py_DebugOffsets under the same minor number.
bool is_early(std::uint64_t version_hex) { return ((version_hex >> 4) & 0xf) < 0xc; }

Result<const LayoutTable*> table_for(const Head& head) {
    const LayoutTable* table = find_layout_table(static_cast<unsigned>(head.version_hex >> 16) & 0xffff);
    if (table == nullptr || (head.version_hex >> 32) != 0 || is_early(head.version_hex)) {
        return unsupported("CPython " + version_text(head.version_hex));
    }
    if (head.free_threaded != 0) {
        return unsupported("CPython " + version_text(head.version_hex) + " without the GIL (free-threaded)");
    }
    return table;
}

Status take_published(const MemoryReader& memory, const LayoutTable& table, Layout& layout) {
    std::vector<std::uint64_t> words(table.published_words);
    Status status = read_exact(memory, layout.runtime(), std::as_writable_bytes(std::span(words)));
    if (!status.ok()) return status;
    for (const PublishedRow& row : table.published) layout.set_offset(row.field, words[row.word]);

    const std::uint64_t gil = *layout.offset(Field::interpreter_gil);
    layout.set_offset(Field::gil_locked, *layout.offset(Field::interpreter_gil_locked) - gil);
    layout.set_offset(Field::gil_last_holder, *layout.offset(Field::interpreter_gil_last_holder) - gil);
    return Done{};
}

}  // namespace

void Layout::set_identity(Address runtime, std::uint64_t version_hex, bool debug, bool free_threaded) {
    runtime_ = runtime;
    version_hex_ = version_hex;
    debug_ = debug;
    free_threaded_ = free_threaded;
}

Result<Layout> layout_for(const MemoryReader& memory, const RuntimeLocation& where) {
    if (where.size != 0 && where.size < sizeof(Head)) {
        return Error{ErrorCode::not_python, "what is called _PyRuntime is too small to be one", where.runtime};
    }
    Result<Head> head = read_value<Head>(memory, where.runtime);
    if (!head) return head.error();
    if (std::memcmp(head->cookie.data(), cookie.data(), cookie.size()) != 0) {
        return unsupported("a CPython older than 3.13");
    }
    Result<const LayoutTable*> table = table_for(*head);
    if (!table) return table.error();
    Layout layout;
    layout.set_identity(where.runtime, head->version_hex, false, false);
    if (Status status = take_published(memory, **table, layout); !status.ok()) return status.error();
    complete_from_table(memory, **table, layout);
    return layout;
}

// Mirrors: Include/patchlevel.h.
std::string version_text(std::uint64_t version_hex) {
    std::string text =
        fmt::format("{}.{}.{}", (version_hex >> 24) & 0xff, (version_hex >> 16) & 0xff, (version_hex >> 8) & 0xff);
    const unsigned serial = version_hex & 0xf;
    switch ((version_hex >> 4) & 0xf) {
        case 0xa:
            return text + fmt::format("a{}", serial);
        case 0xb:
            return text + fmt::format("b{}", serial);
        case 0xc:
            return text + fmt::format("rc{}", serial);
        default:
            return text;
    }
}

}  // namespace subint_doctor::cpython
