#include "line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t piece_bytes = 64U << 10;
constexpr std::size_t longest_line = 16U << 10;

}  // namespace

Status read_lines(int folder, const char* path, std::size_t limit, const std::function<bool(std::string_view)>& take) {
    const Result<File> file = open_at(folder, path, O_RDONLY);
    if (!file) return file.error();
    std::string text;
    std::size_t read_bytes = 0;
    while (true) {
        const std::size_t kept = text.size();
        text.resize(kept + piece_bytes);
        const ssize_t got = read(file->fd(), text.data() + kept, piece_bytes);
        if (got < 0) return proc_error(errno, std::string("reading ") + path);
        text.resize(kept + static_cast<std::size_t>(got));
        std::size_t begin = 0;
        for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
            if (!take(std::string_view(text).substr(begin, end - begin))) return Done{};
            begin = end + 1;
        }
        text.erase(0, begin);
        if (got == 0) break;
        read_bytes += static_cast<std::size_t>(got);
        if (read_bytes > limit || text.size() > longest_line) {
            return Error{ErrorCode::limit, std::string("reading ") + path + ", which is longer than expected"};
        }
    }
    if (!text.empty()) take(text);
    return Done{};
}

}  // namespace subint_doctor::os
