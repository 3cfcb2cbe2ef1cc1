#include "file_user.h"

#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace subint_doctor::os {
namespace {

constexpr std::size_t file_system_column = 3;  // of Uid and Gid, proc_pid_status(5)

// Each of these calls, made directly, is for the calling thread alone; the C library's setgroups() is for all of them.
bool set_groups(const std::vector<gid_t>& groups) { return syscall(SYS_setgroups, groups.size(), groups.data()) == 0; }

std::vector<gid_t> own_groups() {
    std::vector<gid_t> groups;
    const int count = getgroups(0, nullptr);
    if (count <= 0) return groups;
    groups.resize(static_cast<std::size_t>(count));
    if (getgroups(count, groups.data()) != count) groups.clear();
    return groups;
}

// They never fail: what they return is what was set before.
uid_t set_file_user(uid_t uid) { return static_cast<uid_t>(setfsuid(uid)); }
gid_t set_file_group(gid_t gid) { return static_cast<gid_t>(setfsgid(gid)); }
constexpr uid_t ask = static_cast<uid_t>(-1);

}  // namespace

FileUser::FileUser(const StatusFacts& process) {
    const uid_t uid = process.uids[file_system_column];
    const gid_t gid = process.gids[file_system_column];
    if (geteuid() != 0) {
        is_that_user_ = geteuid() == uid;
        return;
    }
    switched_ = true;
    groups_ = own_groups();
    const bool no_groups = set_groups({});
    gid_ = set_file_group(gid);
    uid_ = set_file_user(uid);
    is_that_user_ = no_groups && set_file_group(ask) == gid && set_file_user(ask) == uid;
}

FileUser::~FileUser() {
    if (!switched_) return;
    set_file_user(uid_);
    set_file_group(gid_);
    (void)set_groups(groups_);
}

}  // namespace subint_doctor::os
