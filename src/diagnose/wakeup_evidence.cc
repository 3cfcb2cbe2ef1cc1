#include "wakeup_evidence.h"

#include <fmt/format.h>

namespace subint_doctor::diagnose {
namespace {

const char* kind_text(WakeupKind kind) {
    switch (kind) {
        case WakeupKind::unix_socket:
            return "unix socket";
        case WakeupKind::pipe:
            return "pipe";
        case WakeupKind::eventfd:
            return "eventfd";
        case WakeupKind::closed:
            return "closed";
        default:
            return "something else";
    }
}

std::string queue_text(const WakeupChain& wakeup) {
    if (!wakeup.queued_writes) return wakeup.full == true ? "full" : "queue not known";
    const std::string of = wakeup.capacity_writes ? fmt::format(" of {}", *wakeup.capacity_writes) : "";
    const bool one = wakeup.capacity_writes.value_or(*wakeup.queued_writes) == 1;
    return fmt::format("{}{} write{} queued{}", *wakeup.queued_writes, of, one ? "" : "s",
                       wakeup.full == true ? ", full" : "");
}

}  // namespace

std::string wakeup_text(const WakeupChain& wakeup) {
    std::string text = fmt::format("wakeup fd {} ({}): {}", wakeup.fd, kind_text(wakeup.kind), queue_text(wakeup));
    if (wakeup.reader_fd) text += fmt::format(", read by fd {}", *wakeup.reader_fd);
    if (wakeup.epoll_fd)
        text += fmt::format(", watched by epoll fd {}, {}", *wakeup.epoll_fd, wakeup.armed ? "armed" : "not armed");
    return text;
}

}  // namespace subint_doctor::diagnose
