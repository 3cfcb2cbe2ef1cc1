#include "children.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <unordered_set>
#include <vector>

#include "numbers.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t most_threads = 1U << 16;
constexpr std::size_t most_children = 1U << 16;
constexpr std::size_t longest_list = 1U << 20;

// Children belong to the thread that forked them: proc_tid_children(5).
std::vector<int> children_of(const PinnedProcess& patient) {
    std::vector<int> children;
    const Result<NumberList> tids = list_numbers(patient.proc.fd(), "task", most_threads);
    if (!tids) return children;
    for (const int tid : tids->numbers) {
        const auto text = read_whole(patient.proc.fd(), fmt::format("task/{}/children", tid).c_str(), longest_list);
        std::string_view rest = text ? std::string_view(*text) : std::string_view();
        while (const auto pid = parse_decimal<int>(take_word(rest))) {
            if (children.size() < most_children) children.push_back(*pid);
        }
    }
    return children;
}

}  // namespace

Result<ChildrenByNumber> find_children(const PinnedProcess& patient, std::span<const int> namespace_pids) {
    ChildrenByNumber found;
    std::unordered_set<int> wanted(namespace_pids.begin(), namespace_pids.end());
    for (const int pid : children_of(patient)) {
        if (wanted.empty()) break;
        const Result<StatusFacts> status = read_status(AT_FDCWD, fmt::format("/proc/{}/status", pid).c_str());
        if (!status) continue;
        const int own_name = status->namespace_id != 0 ? status->namespace_id : pid;
        if (wanted.erase(own_name) > 0)
            found.emplace(own_name, ChildProcess{pid, status->name, status->state_letter()});
    }
    return found;
}

}  // namespace subint_doctor::os
