// libFuzzer: the input is a file that the patient has mapped. With an odd last byte a hole of a gibibyte follows, so that
// tables of any size can be read.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "subint_doctor/native/elf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace subint_doctor;
    constexpr std::size_t hole = std::size_t{1} << 30;
    static const os::File file(memfd_create("elf", MFD_CLOEXEC));
    const bool has_hole = size > 0 && data[size - 1] % 2 == 1;
    if (ftruncate(file.fd(), 0) != 0 || pwrite(file.fd(), data, size, 0) != static_cast<ssize_t>(size) ||
        (has_hole && ftruncate(file.fd(), static_cast<off_t>(size + hole)) != 0)) {
        std::abort();
    }
    Mapping base;
    base.start = {0x7f00'0000'0000};
    const auto found = native::find_in_elf(file, base, {".PyRuntime", "_PyRuntime"});
    return found && *found && (*found)->size == 0 ? -1 : 0;  // -1: not worth keeping
}
