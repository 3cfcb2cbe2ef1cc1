#include "status.h"

#include "numbers.h"

namespace subint_doctor::target {
namespace {

// proc_task_name() in fs/proc/array.c writes newline and backslash, and nothing else, as escapes.
std::string unescape(std::string_view text) {
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
        if (next == 'n' || next == '\\') {
            name += next == 'n' ? '\n' : '\\';
            ++i;
        } else {
            name += text[i];
        }
    }
    return name;
}

template <typename T>
void set_decimal(T& number, std::string_view value) {
    number = parse_decimal<T>(take_word(value)).value_or(number);
}

void set_hex(std::uint64_t& number, std::string_view value) {
    number = parse_hex<std::uint64_t>(take_word(value)).value_or(number);
}

void set_ids(std::array<unsigned, 4>& ids, std::string_view value) {
    for (unsigned& id : ids) id = parse_decimal<unsigned>(take_word(value)).value_or(id);
}

void set_namespace_ids(StatusFacts& facts, std::string_view value) {
    while (const std::optional<int> id = parse_decimal<int>(take_word(value))) {
        facts.namespace_id = *id;
        ++facts.namespace_depth;
    }
}

struct Row {
    std::string_view key;
    void (*set)(StatusFacts& facts, std::string_view value);
};

constexpr Row rows[] = {
    {"State", [](StatusFacts& f, std::string_view v) { f.state = v; }},
    {"Tgid", [](StatusFacts& f, std::string_view v) { set_decimal(f.tgid, v); }},
    {"PPid", [](StatusFacts& f, std::string_view v) { set_decimal(f.parent_pid, v); }},
    {"TracerPid", [](StatusFacts& f, std::string_view v) { set_decimal(f.tracer_pid, v); }},
    {"Uid", [](StatusFacts& f, std::string_view v) { set_ids(f.uids, v); }},
    {"Gid", [](StatusFacts& f, std::string_view v) { set_ids(f.gids, v); }},
    {"NSpid", set_namespace_ids},
    {"SigPnd", [](StatusFacts& f, std::string_view v) { set_hex(f.pending.bits, v); }},
    {"ShdPnd", [](StatusFacts& f, std::string_view v) { set_hex(f.shared_pending.bits, v); }},
    {"SigBlk", [](StatusFacts& f, std::string_view v) { set_hex(f.blocked.bits, v); }},
    {"SigIgn", [](StatusFacts& f, std::string_view v) { set_hex(f.ignored.bits, v); }},
    {"SigCgt", [](StatusFacts& f, std::string_view v) { set_hex(f.caught.bits, v); }},
    {"CapEff", [](StatusFacts& f, std::string_view v) { set_hex(f.effective_capabilities, v); }},
    {"Seccomp", [](StatusFacts& f, std::string_view v) { set_decimal(f.seccomp_mode, v); }},
    {"voluntary_ctxt_switches", [](StatusFacts& f, std::string_view v) { set_decimal(f.voluntary_switches, v); }},
    {"nonvoluntary_ctxt_switches", [](StatusFacts& f, std::string_view v) { set_decimal(f.involuntary_switches, v); }},
};

void parse_line(std::string_view line, StatusFacts& facts) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.size() < colon + 2) return;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    for (const Row& row : rows) {
        if (row.key == key) return row.set(facts, value);
    }
}

}  // namespace

StatusFacts parse_status(std::string_view text) {
    StatusFacts facts;
    // The first line alone holds bytes that the patient chose.
    const std::string_view name = take_line(text);
    if (constexpr std::string_view key = "Name:\t"; name.starts_with(key))
        facts.name = unescape(name.substr(key.size()));
    while (!text.empty()) parse_line(take_line(text), facts);
    return facts;
}

}  // namespace subint_doctor::target
