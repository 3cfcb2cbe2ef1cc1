#include "random_layout.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace subint_doctor::test {
namespace {

using cpython::Field;

constexpr auto field_count = static_cast<std::size_t>(Field::count);
constexpr std::uint64_t slot = 8;
constexpr std::uint64_t beyond_all_slots = (field_count + 1) * slot;

// Sizes, strides, and where something of variable length begins: must lie behind every ordinary field.
constexpr Field behind_others[] = {
    Field::signals_handlers,   Field::signals_handler_size, Field::entry_size,       Field::unicode_entry_size,
    Field::unicode_ascii_size, Field::unicode_compact_size, Field::bytes_ob_sval,    Field::code_adaptive,
    Field::keys_indices,       Field::values_values,        Field::frame_localsplus, Field::thread_state_size,
    Field::interpreter_size,   Field::runtime_size,         Field::code_size,        Field::frame_size,
    Field::gil_size,           Field::interpreter_gc,
};

}  // namespace

cpython::Layout random_layout(Address runtime, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint64_t> slots(field_count);
    std::iota(slots.begin(), slots.end(), 0);
    std::shuffle(slots.begin(), slots.end(), random);
    cpython::Layout layout;
    layout.set_identity(runtime, 0x030e08f0, false, false);
    for (std::size_t i = 0; i < field_count; ++i) layout.set_offset(static_cast<Field>(i), slots[i] * slot);
    for (const Field field : behind_others) layout.set_offset(field, beyond_all_slots + random() % 50 * slot);

    const std::uint64_t bit = random() % 16;
    layout.set_offset(Field::thread_state_bound_gilstate_bit, bit);
    layout.set_offset(Field::thread_state_holds_gil_bit, bit + 1 + random() % 15);
    layout.set_offset(Field::object_managed_dict, slot * (1 + random() % 8));
    return layout;
}

}  // namespace subint_doctor::test
