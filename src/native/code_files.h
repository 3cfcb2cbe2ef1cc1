// The files whose code the patient runs, each opened once and kept with what was learnt of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "call_frames.h"
#include "image.h"
#include "subint_doctor/model/native_stack.h"
#include "subint_doctor/model/process.h"
#include "subint_doctor/os/target.h"
#include "symbols.h"

namespace subint_doctor::native {

struct FoundRow {
    FoundBy by = FoundBy::eh_frame;
    FrameRow row;
};

// One file, addresses as in its program headers.
class CodeFile {
public:
    explicit CodeFile(Image image) : image_(std::move(image)), call_frames_(image_), symbols_(image_) {}
    CodeFile(const CodeFile&) = delete;
    CodeFile& operator=(const CodeFile&) = delete;
    ~CodeFile() = default;

    Image& image() { return image_; }

    // nullptr: nothing usable is known of it. Valid as long as the file.
    const FoundRow* row(std::uint64_t address);

    // Demangled; nullptr: no symbol covers it.
    const std::string* function(std::uint64_t address);

private:
    std::optional<FoundRow> find_row(std::uint64_t address);

    Image image_;
    CallFrames call_frames_;
    Symbols symbols_;
    std::unordered_map<std::uint64_t, std::optional<FoundRow>> rows_;
    std::unordered_map<std::uint64_t, std::optional<std::string>> functions_;
};

// Where an address of the patient lies.
struct Place {
    const Mapping* mapping = nullptr;  // executable
    CodeFile* file = nullptr;  // nullptr: there is none, or it cannot be read
    std::uint64_t address = 0;  // in the file; meaningless without
};

class CodeFiles {
public:
    // Both must outlive it; `mappings` by address.
    CodeFiles(const os::Target& target, std::span<const Mapping> mappings) : target_(target), mappings_(mappings) {}

    // Empty: nothing executable is mapped there.
    std::optional<Place> find(Address address);

    // The bytes that end before `address`, of the file or of the patient's memory; false where they cannot be read.
    bool read_before(const Place& place, Address address, std::span<std::byte> into);

private:
    CodeFile* open(const Mapping& mapping);

    const os::Target& target_;
    std::span<const Mapping> mappings_;
    Budget budget_{std::uint64_t{64} << 20};
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::unique_ptr<CodeFile>> files_;  // by device and inode
    std::map<Address, std::unique_ptr<CodeFile>> memory_files_;  // by start of the mapping: the vdso
};

}  // namespace subint_doctor::native
