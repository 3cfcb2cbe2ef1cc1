// Writes the sample image as each CPython would publish it, one file for each, into the folder argv[1].
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "published_words.h"
#include "sample_image.h"

int main(int argc, char** argv) {
    using namespace subint_doctor;
    if (argc != 2) return 2;
    for (const unsigned minor : {0x030dU, 0x030eU, 0x030fU}) {
        test::SampleImage sample = test::make_sample_image(test::recorded_layout(test::sample_runtime, minor));
        test::publish(sample.memory, test::sample_runtime, minor);
        std::vector<std::byte> image(test::sample_size);
        if (!read_exact(sample.memory, test::sample_runtime, image).ok()) return 1;
        std::ofstream file(fmt::format("{}/{:x}", argv[1], minor), std::ios::binary);
        file.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
        if (!file.flush()) return 1;
    }
    return 0;
}
