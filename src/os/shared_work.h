// Work on many items that is mostly the kernel's, and that a second CPU can do meanwhile: reading the files of 500
// threads takes as long as reading all of their stacks.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <functional>

namespace subint_doctor::os {

// Calls work(begin, end) for parts that together make [0, count). Where there are many items and a second CPU is to be
// had, a helper begins at once; finish() takes its share, too, and returns when all is done. What was not begun without
// it is never done. `work` must be safe to run twice at once and must not throw.
class SharedWork {
public:
    SharedWork(std::size_t count, std::function<void(std::size_t, std::size_t)> work);
    SharedWork(const SharedWork&) = delete;
    SharedWork& operator=(const SharedWork&) = delete;
    ~SharedWork();

    void finish();

private:
    static void* help(void* work);
    bool start_helper();
    void take_parts();
    void join();

    std::size_t count_;
    std::function<void(std::size_t, std::size_t)> work_;
    std::atomic<std::size_t> next_ = 0;
    pthread_t helper_{};
    bool has_helper_;
};

}  // namespace subint_doctor::os
