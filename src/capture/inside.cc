#include "inside.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace subint_doctor::capture {
namespace {

using namespace std::string_view_literals;

// A name, or with '*' at its end all names that begin so.
struct Sign {
    std::string_view name;
    Inside inside;
};

// glibc: malloc/malloc.c, elf/, nptl or posix fork, libio/; CPython: Objects/obmalloc.c (not locked, but half changed),
// Python/ceval_gil.c; jemalloc, tcmalloc, mimalloc by their prefixes.
constexpr std::array signs = {
    Sign{"malloc", Inside::malloc},
    Sign{"calloc", Inside::malloc},
    Sign{"realloc", Inside::malloc},
    Sign{"free", Inside::malloc},
    Sign{"cfree", Inside::malloc},
    Sign{"memalign", Inside::malloc},
    Sign{"posix_memalign", Inside::malloc},
    Sign{"aligned_alloc", Inside::malloc},
    Sign{"malloc_*", Inside::malloc},
    Sign{"__libc_malloc*", Inside::malloc},
    Sign{"__libc_calloc", Inside::malloc},
    Sign{"__libc_realloc", Inside::malloc},
    Sign{"__libc_free", Inside::malloc},
    Sign{"_int_malloc", Inside::malloc},
    Sign{"_int_free*", Inside::malloc},
    Sign{"_int_realloc", Inside::malloc},
    Sign{"sysmalloc*", Inside::malloc},
    Sign{"arena_get2*", Inside::malloc},
    Sign{"tcache_*", Inside::malloc},
    Sign{"je_*", Inside::malloc},
    Sign{"tc_*", Inside::malloc},
    Sign{"mi_*", Inside::malloc},
    Sign{"_mi_*", Inside::malloc},
    Sign{"_PyObject_Malloc", Inside::malloc},
    Sign{"_PyObject_Calloc", Inside::malloc},
    Sign{"_PyObject_Realloc", Inside::malloc},
    Sign{"_PyObject_Free", Inside::malloc},
    Sign{"pymalloc_*", Inside::malloc},
    Sign{"_dl_*", Inside::loader},
    Sign{"dl_open_worker*", Inside::loader},
    Sign{"dl_iterate_phdr", Inside::loader},
    Sign{"__dl_iterate_phdr", Inside::loader},
    Sign{"dlopen*", Inside::loader},
    Sign{"dlclose*", Inside::loader},
    Sign{"dlsym*", Inside::loader},
    Sign{"fork", Inside::fork},
    Sign{"_Fork", Inside::fork},
    Sign{"__libc_fork", Inside::fork},
    Sign{"__run_prefork_handlers", Inside::fork},
    Sign{"__run_postfork_handlers", Inside::fork},
    Sign{"__run_fork_handlers", Inside::fork},
    Sign{"_IO_*", Inside::stdio},
    Sign{"__overflow", Inside::stdio},
    Sign{"__underflow", Inside::stdio},
    Sign{"fwrite", Inside::stdio},
    Sign{"fread", Inside::stdio},
    Sign{"fputs", Inside::stdio},
    Sign{"fgets", Inside::stdio},
    Sign{"fflush", Inside::stdio},
    Sign{"take_gil", Inside::gil},
    Sign{"drop_gil*", Inside::gil},
};

bool matches(std::string_view pattern, std::string_view name) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return name == pattern;
    return name.starts_with(pattern.substr(0, star));
}

}  // namespace

Inside inside_of(const NativeStack& stack) {
    for (const NativeFrame& frame : stack.frames) {
        if (!frame.function) continue;
        const std::string_view name = std::string_view(*frame.function).substr(0, frame.function->find('.'));
        const auto sign = std::ranges::find_if(signs, [&](const Sign& known) { return matches(known.name, name); });
        if (sign != signs.end()) return sign->inside;
    }
    return Inside::nothing;
}

}  // namespace subint_doctor::capture
