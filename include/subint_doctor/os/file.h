// An open file descriptor of ours; closed when it goes out of scope.
#pragma once

#include <utility>

namespace subint_doctor::os {

class File {
public:
    File() = default;
    explicit File(int fd) : fd_(fd) {}
    File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    bool is_open() const { return fd_ >= 0; }
    int fd() const { return fd_; }  // -1: none

private:
    int fd_ = -1;
};

}  // namespace subint_doctor::os
