// Names of C++ and Rust functions as they were written.
#pragma once

#include <string>

namespace subint_doctor::native {

// What is not mangled, not understood, or would grow too long stays as it is.
std::string demangle(const std::string& symbol);

}  // namespace subint_doctor::native
