#include "subint_doctor/model/memory_reader.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace subint_doctor {

void MemoryReader::read_scattered(std::span<ReadRequest> requests) const {
    for (ReadRequest& request : requests) {
        request.done = read_some(request.from, request.into).value_or(0);
    }
}

Status read_exact(const MemoryReader& memory, Address from, std::span<std::byte> into) {
    std::size_t done = 0;
    while (done < into.size()) {
        Result<std::size_t> got = memory.read_some(from + done, into.subspan(done));
        if (!got) return got.error();
        if (*got == 0) return Error{ErrorCode::unreadable, "reading memory", from + done};
        done += *got;
    }
    return Done{};
}

Result<std::string> read_c_string(const MemoryReader& memory, Address from, std::size_t limit) {
    std::string text;
    std::array<char, 128> chunk{};
    while (text.size() < limit) {
        const std::size_t want = std::min(chunk.size(), limit - text.size());
        Result<std::size_t> got =
            memory.read_some(from + text.size(), std::as_writable_bytes(std::span(chunk).first(want)));
        if (!got) return got.error();
        const std::string_view part(chunk.data(), *got);
        const std::size_t end = part.find('\0');
        text += part.substr(0, end);
        if (end != std::string_view::npos || part.empty()) break;
    }
    return text;
}

}  // namespace subint_doctor
