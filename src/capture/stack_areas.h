// Where C stacks lie in the patient's memory.
#pragma once

#include <span>
#include <vector>

#include "subint_doctor/model/process.h"

namespace subint_doctor::capture {

class StackAreas {
public:
    static constexpr std::uint64_t largest_copy = 256U << 10U;  // bytes

    explicit StackAreas(std::span<const Mapping> mappings);

    // What is to be copied of the stack that this address points into: to its base, but `most` bytes at most, so of a
    // longer one the inner end. Size 0: it points to no memory that can be a stack. Where the stacks of several threads
    // are one mapping (glibc 2.42 guards them by madvise(2)), reading ends at the next one's guard.
    AddressRange from(Address stack_pointer, std::uint64_t most = largest_copy) const;

private:
    struct Area {
        Address start;
        Address end;
    };
    std::vector<Area> areas_;  // by address, as mappings are
};

}  // namespace subint_doctor::capture
