// Names of C, C++ and Rust functions as a stack's line has room for them.
#pragma once

#include <string>
#include <string_view>

namespace subint_doctor::report {

// Without parameters, with "<...>" for what stands between template brackets: "std::sort<...>". Raw as it came, not escaped.
std::string short_c_name(std::string_view demangled);

// "libc.so.6" of "/usr/lib/libc.so.6 (deleted)".
std::string_view library_name(std::string_view path);

}  // namespace subint_doctor::report
