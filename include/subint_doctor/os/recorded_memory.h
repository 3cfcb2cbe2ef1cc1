// What a function read, kept, so that it can be read again later and elsewhere: the tracer of a hold records into shared
// memory, and the tool decodes from the recording when the thread runs on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "subint_doctor/model/memory_reader.h"
#include "subint_doctor/os/clock.h"

namespace subint_doctor::os {

// Reads through another reader and keeps what arrived. From `deadline_ns` on (CLOCK_MONOTONIC) reads fail with `timeout`,
// and when `into` is full with `limit`. All that it is given must outlive it.
class MemoryRecorder final : public MemoryReader {
public:
    MemoryRecorder(const MemoryReader& memory, std::span<std::byte> into, const Clock& clock, std::uint64_t deadline_ns)
        : memory_(memory), into_(into), clock_(clock), deadline_ns_(deadline_ns) {}

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override;
    void read_scattered(std::span<ReadRequest> requests) const override;

    std::size_t recorded_bytes() const { return used_; }  // of `into`
    bool complete() const { return complete_; }  // no read was refused for lack of time or room

private:
    bool may_read(std::size_t bytes) const;
    void keep(Address from, std::span<const std::byte> bytes) const;

    const MemoryReader& memory_;
    std::span<std::byte> into_;
    const Clock& clock_;
    std::uint64_t deadline_ns_;
    mutable std::size_t used_ = 0;
    mutable bool complete_ = true;
};

// A recording read back; where a byte was read twice the later one counts. What was not read then is unreadable now.
class RecordedMemory final : public MemoryReader {
public:
    RecordedMemory() = default;
    // The first recorded_bytes() of a recorder's memory; copied. What is cut or no recording is left out.
    explicit RecordedMemory(std::span<const std::byte> recording);

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override;

private:
    struct Piece {
        Address start;
        std::vector<std::byte> bytes;
    };
    std::vector<Piece> pieces_;  // by start; disjoint and never adjacent
};

}  // namespace subint_doctor::os
