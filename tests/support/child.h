// A child process of the test that does one thing; and waiting for what the kernel needs a moment for.
#pragma once

#include <sys/types.h>

#include <functional>

namespace subint_doctor::test {

// Runs `body` in a forked process, which then sleeps for ever. Killed and reaped when it goes out of scope.
class Child {
public:
    explicit Child(const std::function<void()>& body);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    int pid() const { return pid_; }
    // State letter of proc_pid_stat(5) of one of its threads; '?' when that is gone.
    char state(int tid) const;
    char state() const { return state(pid_); }
    void signal(int number) const;

private:
    pid_t pid_ = -1;
};

// Asks again and again until it is so; false after 20 s.
bool eventually(const std::function<bool()>& is_so);

}  // namespace subint_doctor::test
