#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace subint_doctor::cli {

int report_columns() {
    constexpr int narrowest = 80;
    constexpr int widest = 120;
    winsize size = {};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return narrowest;
    return std::clamp<int>(size.ws_col, narrowest, widest);
}

bool wants_color(std::string_view mode) {
    if (mode != "auto") return mode == "always";
    const char* no_color = std::getenv("NO_COLOR");
    if (no_color != nullptr && *no_color != '\0') return false;
    const char* terminal = std::getenv("TERM");
    if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
    return isatty(STDOUT_FILENO) == 1;
}

}  // namespace subint_doctor::cli
