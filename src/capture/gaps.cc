#include "gaps.h"

namespace subint_doctor::capture {
namespace {

struct Row {
    os::Fact fact;
    const char* path;
    bool needed;
};

constexpr Row rows[] = {
    {os::Fact::executable, "target.exe", false},
    {os::Fact::command_line, "target.cmdline", false},
    {os::Fact::process_status, "signals", true},
    {os::Fact::thread_status, "threads", true},
    {os::Fact::thread_list, "threads", true},
    {os::Fact::system_calls, "threads.syscall", true},
    {os::Fact::descriptor_list, "signals.wakeup", true},
    {os::Fact::epoll_sets, "signals.wakeup.polled_by", true},
    {os::Fact::socket_queues, "signals.wakeup.queued_writes", true},
};

}  // namespace

void add_gaps(std::span<const os::Unread> unread, std::vector<Gap>& gaps) {
    for (const os::Unread& missing : unread) {
        for (const Row& row : rows) {
            if (row.fact == missing.fact) gaps.push_back({row.path, describe(missing.error), row.needed});
        }
    }
}

}  // namespace subint_doctor::capture
