#include "look.h"

#include <utility>

#include "gaps.h"
#include "join.h"
#include "subint_doctor/cpython/decode.h"
#include "waits.h"
#include "wakeup_chain.h"

namespace subint_doctor::capture {
namespace {

void note_unread_descriptors(const Error& error, std::vector<Gap>& gaps) {
    gaps.push_back({"signals.wakeup", "the descriptor table: " + describe(error), true});
}

}  // namespace

Result<Snapshot> take_look(const os::Target& patient, const cpython::Layout& layout, const Snapshot* previous,
                           const os::Clock& clock) {
    Snapshot look;
    look.source = patient.source();
    look.taken_at_unix_ms = clock.unix_ms();
    look.started_ns = clock.now_ns();

    const auto threads = patient.begin_threads(previous != nullptr ? std::span<const Thread>(previous->threads)
                                                                   : std::span<const Thread>());
    if (!threads) return threads.error();
    Result<cpython::Decoded> decoded = cpython::decode(patient.memory(), layout);
    if (!decoded) return decoded.error();
    look.python = std::move(decoded->python);
    look.gaps = std::move(decoded->gaps);
    std::vector<os::Unread> unread;
    look.threads = (*threads)->finish(unread);

    Result<Process> process = patient.process(unread);
    if (!process) return process.error();
    look.process = std::move(*process);
    Result<std::vector<Descriptor>> descriptors = patient.descriptors(unread);
    if (descriptors) {
        look.descriptors = std::move(*descriptors);
    } else {
        note_unread_descriptors(descriptors.error(), look.gaps);
    }

    add_gaps(unread, look.python->signals.wakeup_fd >= 0, look.gaps);

    join_threads(look);
    classify_waits(look);
    if (descriptors) look.wakeup = follow_wakeup_chain(patient, look, look.gaps);
    look.ended_ns = clock.now_ns();
    return look;
}

}  // namespace subint_doctor::capture
