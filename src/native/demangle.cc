#include "demangle.h"

#define HAVE_DECL_BASENAME 1  // the C library's; the header would declare another one
#include <libiberty/demangle.h>

#include <array>
#include <csetjmp>
#include <cstring>

namespace subint_doctor::native {
namespace {

constexpr std::size_t longest_symbol = 2'048;
constexpr std::size_t longest_name = 4'096;

// A short symbol can stand for a name that doubles with each letter. The demanglers give a name piece by piece and allocate
// nothing; where it gets too long, the piece's taker jumps out over their frames, all of them C's.
struct Output {
    std::array<char, longest_name> text;
    std::size_t size;
    std::jmp_buf too_long;
};

void append(const char* piece, std::size_t size, void* out) {
    auto& output = *static_cast<Output*>(out);
    if (size > output.text.size() - output.size) std::longjmp(output.too_long, 1);
    std::memcpy(output.text.data() + output.size, piece, size);
    output.size += size;
}

using Demangler = int (*)(const char*, int, demangle_callbackref, void*);

bool run(Demangler demangler, const char* symbol, Output& output) {
    output.size = 0;
    if (setjmp(output.too_long) != 0) return false;
    return demangler(symbol, DMGL_PARAMS | DMGL_TYPES, append, &output) != 0;
}

}  // namespace

std::string demangle(const std::string& symbol) {
    const bool may_be_mangled = symbol.starts_with("_Z") || symbol.starts_with("_R");
    if (!may_be_mangled || symbol.size() > longest_symbol) return symbol;
    Output output;
    // Rust's first: its older names are C++'s too, but read worse as such.
    for (const Demangler demangler : {rust_demangle_callback, cplus_demangle_v3_callback}) {
        if (run(demangler, symbol.c_str(), output)) return {output.text.data(), output.size};
    }
    return symbol;
}

}  // namespace subint_doctor::native
