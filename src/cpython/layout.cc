#include "subint_doctor/cpython/layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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

// "3.13, 3.14 and 3.15", of the tables there are.
std::string known_versions() {
    std::vector<std::string> names;
    for (const LayoutTable& table : layout_tables()) {
        std::string name = fmt::format("{}.{}", table.build.first_hex >> 24, table.build.first_hex >> 16 & 0xff);
        if (names.empty() || names.back() != name) names.push_back(std::move(name));
    }
    const std::string last = std::move(names.back());
    names.pop_back();
    return names.empty() ? last : fmt::format("{} and {}", fmt::join(names, ", "), last);
}

Error unsupported(const std::string& what) {
    return {ErrorCode::unsupported_python, fmt::format("{} (this version reads {})", what, known_versions())};
}

bool is_of_version(const Build& build, const Head& head) {
    return build.first_hex <= head.version_hex && head.version_hex <= build.last_hex;
}

// Its kind is not published: both may be meant.
bool may_be(const Build& build, const Head& head, Architecture architecture) {
    return is_of_version(build, head) && (build.threading == Threading::free_threaded) == (head.free_threaded != 0) &&
           build.architecture == architecture;
}

Error no_table(const Head& head, Architecture architecture) {
    std::string what = "CPython " + version_text(head.version_hex);
    const auto knows_version = [&](const LayoutTable& table) { return is_of_version(table.build, head); };
    if (std::ranges::none_of(layout_tables(), knows_version)) return unsupported(what);
    if (head.free_threaded != 0) what += " without the GIL (free-threaded)";
    if (architecture == Architecture::aarch64) what += " on aarch64";
    return unsupported(what);
}

std::size_t count_words(const LayoutTable& table) {
    const auto last = std::ranges::max_element(table.words);  // nothing is less than 0
    return last->has_value() ? **last + 1 : 0;
}

// `words` is _Py_DebugOffsets, as far as the table asks for it.
Layout published_layout(const RuntimeLocation& where, const Head& head, const LayoutTable& table,
                        std::span<const std::uint64_t> words) {
    Layout layout;
    layout.set_identity(where.runtime, head.version_hex, false, head.free_threaded != 0);
    layout.set_shapes(table.shapes);
    for (std::size_t i = 0; i < table.words.size(); ++i) {
        if (const auto& word = table.words[i]) layout.set_offset(static_cast<Field>(i), words[*word]);
    }
    const std::uint64_t gil = *layout.offset(Field::interpreter_gil);
    layout.set_offset(Field::gil_locked, *layout.offset(Field::interpreter_gil_locked) - gil);
    layout.set_offset(Field::gil_last_holder, *layout.offset(Field::interpreter_gil_last_holder) - gil);
    return layout;
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
    std::vector<Candidate> candidates;
    for (const LayoutTable& table : layout_tables()) {
        if (!may_be(table.build, *head, where.architecture)) continue;
        std::vector<std::uint64_t> words(count_words(table));
        const Status status = read_exact(memory, where.runtime, std::as_writable_bytes(std::span(words)));
        if (!status.ok()) return status.error();
        candidates.push_back({&table, published_layout(where, *head, table, words)});
    }
    if (candidates.empty()) return no_table(*head, where.architecture);
    return choose_layout(memory, candidates);
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
