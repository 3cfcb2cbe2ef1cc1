#include "subint_doctor/os/recorded_memory.h"

#include <algorithm>
#include <cstring>

namespace subint_doctor::os {
namespace {

// A recording is one of these after the other, each with its bytes behind it.
struct Head {
    std::uint64_t from = 0;
    std::uint64_t size = 0;
};

struct Record {
    Address from;
    std::span<const std::byte> bytes;

    Address end() const { return from + bytes.size(); }
};

std::vector<Record> split(std::span<const std::byte> recording) {
    std::vector<Record> records;
    while (const auto head = value_at<Head>(recording, 0)) {
        recording = recording.subspan(sizeof(Head));
        if (head->size > recording.size()) break;
        records.push_back({{head->from}, recording.first(head->size)});
        recording = recording.subspan(head->size);
    }
    return records;
}

}  // namespace

bool MemoryRecorder::may_read(std::size_t bytes) const {
    const bool has_room = bytes + sizeof(Head) <= into_.size() - used_;
    const bool has_time = clock_.now_ns() < deadline_ns_;
    complete_ = complete_ && has_room && has_time;
    return has_room && has_time;
}

void MemoryRecorder::keep(Address from, std::span<const std::byte> bytes) const {
    const Head head{from.value, bytes.size()};
    std::memcpy(into_.data() + used_, &head, sizeof head);
    std::memcpy(into_.data() + used_ + sizeof head, bytes.data(), bytes.size());
    used_ += sizeof head + bytes.size();
}

Result<std::size_t> MemoryRecorder::read_some(Address from, std::span<std::byte> into) const {
    if (!may_read(into.size())) {
        const bool late = clock_.now_ns() >= deadline_ns_;
        return Error{late ? ErrorCode::timeout : ErrorCode::limit, "reading memory of a held thread", from};
    }
    Result<std::size_t> got = memory_.read_some(from, into);
    if (got) keep(from, into.first(*got));
    return got;
}

void MemoryRecorder::read_scattered(std::span<ReadRequest> requests) const {
    std::size_t bytes = 0;
    for (ReadRequest& request : requests) {
        request.done = 0;
        bytes += request.into.size() + sizeof(Head);
    }
    if (!may_read(bytes)) return;
    memory_.read_scattered(requests);
    for (const ReadRequest& request : requests) {
        if (request.done != 0) keep(request.from, request.into.first(request.done));
    }
}

RecordedMemory::RecordedMemory(std::span<const std::byte> recording) {
    const std::vector<Record> records = split(recording);
    std::vector<Record> by_start = records;
    std::ranges::sort(by_start, {}, &Record::from);
    for (const Record& record : by_start) {
        if (!pieces_.empty() && record.from <= pieces_.back().start + pieces_.back().bytes.size()) {
            const std::uint64_t reach = record.end().value - pieces_.back().start.value;
            pieces_.back().bytes.resize(std::max(pieces_.back().bytes.size(), reach));
        } else {
            pieces_.push_back({record.from, std::vector<std::byte>(record.bytes.size())});
        }
    }
    // In the order of reading, so that the later byte stays.
    for (const Record& record : records) {
        Piece& piece = *(std::ranges::upper_bound(pieces_, record.from, {}, &Piece::start) - 1);
        std::ranges::copy(record.bytes,
                          piece.bytes.begin() + static_cast<std::ptrdiff_t>(record.from.value - piece.start.value));
    }
}

Result<std::size_t> RecordedMemory::read_some(Address from, std::span<std::byte> into) const {
    const auto next = std::ranges::upper_bound(pieces_, from, {}, &Piece::start);
    const std::uint64_t inside = next == pieces_.begin() ? 0 : from.value - (next - 1)->start.value;
    if (next == pieces_.begin() || inside >= (next - 1)->bytes.size()) {
        return Error{ErrorCode::unreadable, "reading memory that was not read during the hold", from};
    }
    const std::span<const std::byte> rest = std::span((next - 1)->bytes).subspan(inside);
    const std::size_t count = std::min(rest.size(), into.size());
    std::ranges::copy(rest.first(count), into.begin());
    return count;
}

}  // namespace subint_doctor::os
