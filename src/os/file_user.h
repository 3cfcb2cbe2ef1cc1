// Opening files as another user would, setfsuid(2).
#pragma once

#include <sys/types.h>

#include <vector>

#include "status.h"

namespace subint_doctor::os {

// For as long as it lives, this thread (no other one) opens files with the user and the group of a process and with no
// further groups: what a process names must not be shown because root may read it.
class FileUser {
public:
    explicit FileUser(const StatusFacts& process);
    FileUser(const FileUser&) = delete;
    FileUser& operator=(const FileUser&) = delete;
    ~FileUser();

    // False where this tool may neither become that user nor is it: then nothing is to be opened.
    bool is_that_user() const { return is_that_user_; }

private:
    bool switched_ = false;
    bool is_that_user_ = false;
    uid_t uid_ = 0;  // before
    gid_t gid_ = 0;
    std::vector<gid_t> groups_;
};

}  // namespace subint_doctor::os
