// libFuzzer: the input is the patient's memory, from _PyRuntime on. Start with the images that
// make_corpus.cc writes.
#include <cstddef>
#include <cstdint>
#include <span>

#include "any_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    subint_doctor::test::decode_any_bytes(std::as_bytes(std::span(data, size)), subint_doctor::Address{0x100000});
    return 0;
}
