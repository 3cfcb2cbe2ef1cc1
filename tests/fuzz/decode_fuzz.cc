// libFuzzer: the input is the patient's memory, from _PyRuntime on. A good start is a sample image; see the unit test
// of the same name.
#include <cstddef>
#include <cstdint>

#include "any_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    subint_doctor::test::decode_any_bytes(std::as_bytes(std::span(data, size)), subint_doctor::Address{0x100000});
    return 0;
}
