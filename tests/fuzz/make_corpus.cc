// Writes the seeds of decode_fuzz into a folder: the sample image as each known CPython has it.
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "published_words.h"
#include "sample_image.h"

using namespace subint_doctor;

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: make_corpus FOLDER\n", stderr);
        return 2;
    }
    for (const unsigned minor : {0x030dU, 0x030eU, 0x030fU}) {
        test::SampleImage sample = test::make_sample_image(test::recorded_layout(test::sample_runtime, minor));
        test::publish(sample.memory, test::sample_runtime, minor);
        std::vector<char> image(test::sample_size);
        const auto bytes = std::as_writable_bytes(std::span(image));
        if (!read_exact(sample.memory, test::sample_runtime, bytes).ok()) return 1;
        std::ofstream file(std::string(argv[1]) + "/cpython-" + std::to_string(minor), std::ios::binary);
        file.write(image.data(), static_cast<std::streamsize>(image.size()));
        if (!file.flush()) return 1;
    }
    return 0;
}
