// Files that were damaged on purpose: no crash, no hang, little memory.
#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <vector>

#include "code_files.h"

namespace subint_doctor::native {
namespace {

using Bytes = std::vector<std::byte>;

Bytes read_sample(const char* path) {
    Bytes bytes(1U << 20);
    const os::File file(open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = pread(file.fd(), bytes.data(), bytes.size(), 0);
    EXPECT_GT(size, 0) << path;
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return bytes;
}

ImageSource source_of(const Bytes& bytes) {
    return {[&bytes](std::uint64_t offset, std::span<std::byte> into) -> Status {
                if (offset > bytes.size() || into.size() > bytes.size() - offset)
                    return Error{ErrorCode::corrupt, "reading beyond the end"};
                std::memcpy(into.data(), bytes.data() + offset, into.size());
                return Done{};
            },
            bytes.size()};
}

struct Answers {
    std::size_t rows = 0;
    std::size_t names = 0;
};

// All of the beginning of its code is asked for.
Answers ask(const Bytes& bytes, std::uint64_t budget_bytes = 8U << 20) {
    Budget budget{budget_bytes};
    Result<Image> image = Image::open(source_of(bytes), budget);
    Answers answers;
    if (!image) return answers;
    CodeFile file(std::move(*image));
    for (std::uint64_t address = 0x1000; address < 0x1200; address += 3) {
        if (file.row(address) != nullptr) ++answers.rows;
        if (file.function(address) != nullptr) ++answers.names;
    }
    EXPECT_LE(budget.left, budget_bytes);
    return answers;
}

std::vector<const char*> samples() {
    return {NATIVE_SAMPLES "native_sample_eh_frame.so", NATIVE_SAMPLES "native_sample_stripped.so",
            NATIVE_SAMPLES "native_sample_debug_frame.so"};
}

TEST(DamagedFile, UndamagedItAnswers) {
    for (const char* path : samples()) {
        const Answers answers = ask(read_sample(path));
        EXPECT_GT(answers.rows, 10U) << path;
        EXPECT_GT(answers.names, 5U) << path;
    }
}

TEST(DamagedFile, CutAnywhereItIsSurvived) {
    for (const char* path : samples()) {
        const Bytes whole = read_sample(path);
        for (std::size_t size = 0; size < whole.size(); size += 61)
            ask(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    }
}

TEST(DamagedFile, BytesOfAnyValueAreSurvived) {
    std::mt19937_64 random(1);
    for (const char* path : samples()) {
        const Bytes whole = read_sample(path);
        for (int round = 0; round < 1'000; ++round) {
            Bytes damaged = whole;
            const std::size_t count = 1 + random() % 16;
            for (std::size_t n = 0; n < count; ++n) {
                constexpr unsigned char likely[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
                const std::size_t at = random() % 4 == 0 ? random() % 512 : random() % damaged.size();
                damaged[at] = static_cast<std::byte>(random() % 2 == 0 ? likely[random() % 5] : random());
            }
            ask(damaged);
        }
    }
}

TEST(DamagedFile, WithoutRoomItAnswersNothing) {
    for (const char* path : samples()) {
        const Bytes whole = read_sample(path);
        EXPECT_EQ(ask(whole, 0).rows, 0U);
        for (std::uint64_t room = 4'096; room < 65'536; room += 4'096) ask(whole, room);
    }
}

// A table of symbols as long as a sparse file allows.
TEST(DamagedFile, AHugeTableTakesLittleMemory) {
    const Bytes whole = read_sample(NATIVE_SAMPLES "native_sample_eh_frame.so");
    Elf64_Ehdr header;
    std::memcpy(&header, whole.data(), sizeof header);
    Bytes huge = whole;
    for (std::size_t n = 0; n < header.e_shnum; ++n) {
        Elf64_Shdr section;
        std::byte* const at = huge.data() + header.e_shoff + n * sizeof section;
        std::memcpy(&section, at, sizeof section);
        if (section.sh_type == SHT_STRTAB && n == header.e_shstrndx) continue;
        section.sh_size = std::uint64_t{8} << 30;
        std::memcpy(at, &section, sizeof section);
    }
    const ImageSource real = source_of(huge);
    const ImageSource sparse{[&](std::uint64_t offset, std::span<std::byte> into) -> Status {
                                 if (offset + into.size() <= real.size) return real.read(offset, into);
                                 std::memset(into.data(), 0x11, into.size());
                                 return Done{};
                             },
                             std::uint64_t{64} << 30};
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    Budget budget{std::uint64_t{64} << 20};
    Result<Image> image = Image::open(sparse, budget);
    ASSERT_TRUE(image);
    CodeFile file(std::move(*image));
    for (std::uint64_t address = 0x1000; address < 0x1200; address += 3) {
        file.row(address);
        file.function(address);
    }
    getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 100 << 10) << "KiB";
}

}  // namespace
}  // namespace subint_doctor::native
