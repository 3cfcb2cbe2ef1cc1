// Bytes of a file that belongs to somebody else and may be cut or changed while it is read: pread(2) in small pieces,
// never a mapping, and no more in all than a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>

#include "subint_doctor/model/result.h"
#include "subint_doctor/os/file.h"

namespace subint_doctor::native {

class FileBytes {
public:
    // `file` must outlive it; `limit` bytes can be read, each time that they are read counted.
    FileBytes(const os::File& file, std::uint64_t limit) : file_(file), left_(limit) {}

    // All of `into`. Fails with `corrupt` where the file ends before, `limit`, `unreadable`.
    Status read(std::uint64_t offset, std::span<std::byte> into);

    template <typename T>
    Result<T> read_as(std::uint64_t offset) {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        if (Status status = read(offset, std::as_writable_bytes(std::span<T, 1>(&value, 1))); !status.ok()) {
            return status.error();
        }
        return value;
    }

    // Gives `take` all of [offset, offset + size) in pieces, until it returns false. Tables with rows of 24, 56 or 64
    // bytes, which are all in ELF files, are cut between rows.
    Status walk(std::uint64_t offset, std::uint64_t size, const std::function<bool(std::span<const std::byte>)>& take);

private:
    const os::File& file_;
    std::uint64_t left_;
};

}  // namespace subint_doctor::native
