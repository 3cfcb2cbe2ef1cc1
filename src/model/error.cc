#include "subint_doctor/model/error.h"

#include <fmt/format.h>

#include <system_error>

namespace subint_doctor {

std::string describe(const Error& error) {
    std::string text = error.doing;
    if (error.address) text += fmt::format(" at {:#x}", error.address.value);
    if (error.errno_value != 0) text += ": " + std::generic_category().message(error.errno_value);
    return text;
}

}  // namespace subint_doctor
