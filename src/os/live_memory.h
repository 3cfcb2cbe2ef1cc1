// Memory of a living process: process_vm_readv(2).
#pragma once

#include "subint_doctor/model/memory_reader.h"

namespace subint_doctor::os {

class LiveMemory final : public MemoryReader {
public:
    // `tid`: any living thread of it.
    explicit LiveMemory(int tid) : tid_(tid) {}

    Result<std::size_t> read_some(Address from, std::span<std::byte> into) const override;
    // Up to 256 ranges with one system call.
    void read_scattered(std::span<ReadRequest> requests) const override;

private:
    int tid_;
};

// 0 if the kernel would let us read the process's memory, else why not: EPERM, ESRCH, ENOSYS. Reads nothing of it.
int try_memory(int tid);

}  // namespace subint_doctor::os
