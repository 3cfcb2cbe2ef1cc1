// C stacks of threads that sleep, copied without stopping them.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "stack_areas.h"
#include "subint_doctor/os/target.h"

namespace subint_doctor::capture {

using BytesByTid = std::unordered_map<int, std::vector<std::byte>>;

// Of those of `wanted`, threads of the last look, which slept all the time since that look began until their stacks were
// copied: their memory is what it was then. Bytes of areas.from(their stack pointer, most).
BytesByTid copy_sleeping_stacks(const os::Target& patient, const StackAreas& areas, std::span<const Thread> look,
                                std::span<const Thread* const> wanted, std::uint64_t most);

}  // namespace subint_doctor::capture
