#include "decode_join.h"

#include <limits>
#include <string_view>

#include "decode_attributes.h"

namespace subint_doctor::cpython {
namespace {

bool joins_a_thread(const Code& code) {
    const std::string_view file = code.file;
    return code.qualname == "Thread.join" && (file == "threading.py" || file.ends_with("/threading.py"));
}

// An int of one digit that is above zero; a thread's number is below 2^22.
// Mirrors: Include/cpython/longintrepr.h: bits 0 and 1 of the tag are the sign, from bit 3 on the number of digits.
std::optional<int> small_int(Objects& objects, Address object) {
    const Result<bool> is_int = objects.is_builtin(object, "int");
    const StructReader& structs = objects.structs();
    const auto tag = structs.get<std::uint64_t>(object, Field::long_lv_tag);
    const auto digit = structs.get<std::uint32_t>(object, Field::long_ob_digit);
    if (!is_int || !*is_int || !tag || !digit) return std::nullopt;
    if (*tag >> 3 != 1 || (*tag & 3) != 0) return std::nullopt;
    if (*digit > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) return std::nullopt;
    return static_cast<int>(*digit);
}

}  // namespace

void find_joined_threads(Objects& objects, std::span<const InnermostFrame> frames, const std::vector<Code>& codes) {
    for (const InnermostFrame& frame : frames) {
        if (!frame.first_local || !joins_a_thread(codes[frame.state->frames.front().code])) continue;
        const Result<std::optional<Address>> number = find_attribute(objects, frame.first_local, "_native_id");
        if (number && *number) frame.state->joined_namespace_tid = small_int(objects, **number);
    }
}

}  // namespace subint_doctor::cpython
