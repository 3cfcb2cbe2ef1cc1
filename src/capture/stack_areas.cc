#include "stack_areas.h"

#include <algorithm>

#include "subint_doctor/native/read_stacks.h"

namespace subint_doctor::capture {

StackAreas::StackAreas(std::span<const Mapping> mappings) {
    for (const Mapping& mapping : mappings) {
        if (mapping.readable && mapping.writable) areas_.push_back({mapping.start, mapping.end});
    }
}

AddressRange StackAreas::from(Address stack_pointer, std::uint64_t most) const {
    const auto next = std::ranges::upper_bound(areas_, stack_pointer, {}, &Area::start);
    if (next == areas_.begin() || stack_pointer >= (next - 1)->end) return {};
    const Area& area = *(next - 1);
    const std::uint64_t below = std::min(native::bytes_below_stack_pointer(), stack_pointer.value - area.start.value);
    const Address start = stack_pointer - below;
    return {start, std::min(most, area.end.value - start.value)};
}

}  // namespace subint_doctor::capture
