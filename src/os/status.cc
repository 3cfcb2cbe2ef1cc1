#include "status.h"

#include "numbers.h"

namespace subint_doctor::os {
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
    {"Threads", [](StatusFacts& f, std::string_view v) { set_decimal(f.threads, v); }},
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

// Four fifths of the lines are none of these and are told by their first letter.
bool is_line_of(const Row& row, std::string_view line) {
    return line.front() == row.key.front() && line.size() >= row.key.size() + 2 && line[row.key.size()] == ':' &&
           line.starts_with(row.key);
}

void parse_line(std::string_view line, StatusFacts& facts) {
    if (line.empty()) return;
    for (const Row& row : rows) {
        if (is_line_of(row, line)) return row.set(facts, line.substr(row.key.size() + 2));
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

}  // namespace subint_doctor::os
