// Bytes of the patient, whatever it is: a process, a core file, a test's byte string. One virtual does the reading,
// a second one lets a live process serve many small ranges in one system call; the rest are plain functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "subint_doctor/model/result.h"

namespace subint_doctor {

// One range of a scattered read. `done` is set to the number of bytes that arrived (a prefix of `into`).
struct ReadRequest {
    Address from;
    std::span<std::byte> into;
    std::size_t done = 0;
};

class MemoryReader {
public:
    virtual ~MemoryReader() = default;

    // Reads up to into.size() bytes and returns how many arrived: at least 1, fewer than asked when the mapping ends.
    // Fails with `unreadable` where nothing could be read, `no_such_process` where the patient is gone.
    virtual Result<std::size_t> read_some(Address from, std::span<std::byte> into) const = 0;

    // Serves every request as far as it can; a request that fails keeps done == 0.
    virtual void read_scattered(std::span<ReadRequest> requests) const;
};

// All of `into` or an error.
Status read_exact(const MemoryReader& memory, Address from, std::span<std::byte> into);

// A value of the patient, byte order as here (the patient runs on this machine or its core says so).
template <typename T>
Result<T> read_value(const MemoryReader& memory, Address from) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (Status status = read_exact(memory, from, std::as_writable_bytes(std::span<T, 1>(&value, 1))); !status.ok()) {
        return status.error();
    }
    return value;
}

// A value inside bytes that were read before. Returns `corrupt` when it does not fit.
template <typename T>
Result<T> value_at(std::span<const std::byte> bytes, std::uint64_t offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
        return Error{ErrorCode::corrupt, "reading past the end of a structure"};
    }
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

// Up to `limit` bytes before the first NUL. A string with no NUL within `limit` is returned cut.
Result<std::string> read_c_string(const MemoryReader& memory, Address from, std::size_t limit);

}  // namespace subint_doctor
