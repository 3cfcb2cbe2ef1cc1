#include "subint_doctor/os/live_target.h"

#include <fmt/format.h>

#include <cerrno>
#include <new>
#include <optional>
#include <utility>

#include "children.h"
#include "descriptors.h"
#include "hold.h"
#include "holders.h"
#include "internet_sockets.h"
#include "live_memory.h"
#include "maps.h"
#include "patient_files.h"
#include "pinned_process.h"
#include "pipe_queue.h"
#include "process.h"
#include "subint_doctor/os/permissions.h"
#include "threads.h"
#include "unix_sockets.h"

namespace subint_doctor::os {
namespace {

// No exception leaves this floor: memory that is not to be had (RLIMIT_AS) is an error like another.
template <typename Ask>
auto within_memory(const Ask& ask) -> decltype(ask()) {
    try {
        return ask();
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::not_available, "getting memory", {}, ENOMEM};
    }
}

class ProcTarget final : public LiveTarget {
public:
    explicit ProcTarget(PinnedProcess patient) : patient_(std::move(patient)), memory_(patient_.live_tid) {}

    int pid() const override { return patient_.pid; }
    const MemoryReader& memory() const override { return memory_; }
    Result<Process> process(std::vector<Unread>& unread) const override {
        return within_memory([&] { return read_process(patient_, unread); });
    }
    Result<std::uint64_t> process_cpu_ns() const override { return read_process_cpu_ns(patient_); }
    Result<std::vector<Mapping>> mappings() const override {
        return within_memory([&] { return read_mappings(patient_); });
    }
    Result<File> open_mapped(const Mapping& mapping) const override {
        return within_memory([&] { return os::open_mapped(patient_, mapping); });
    }
    Result<std::unique_ptr<ThreadReading>> begin_threads(std::span<const Thread> previous) const override {
        return within_memory([&] { return os::begin_threads(patient_, counter_source_, previous); });
    }
    Result<std::vector<Descriptor>> descriptors(std::vector<Unread>& unread) const override {
        return within_memory([&] { return read_descriptors(patient_, unread); });
    }
    Result<PipeQueue> pipe_queue(int fd) const override { return read_pipe_queue(patient_, fd); }
    Result<std::uint64_t> charge_per_send() const override {
        if (!charge_per_send_) charge_per_send_ = measure_charge_per_send();
        return *charge_per_send_;
    }
    Result<Holder> find_holder(DescriptorKind kind, std::uint64_t inode) const override {
        return within_memory([&] { return os::find_holder(patient_.pid, kind, inode); });
    }
    Result<AddressesByInode> socket_addresses(std::span<const std::uint64_t> inodes) const override {
        return within_memory([&] { return read_socket_addresses(patient_, inodes); });
    }
    Result<ChildrenByNumber> children(std::span<const int> namespace_pids) const override {
        return within_memory([&] { return find_children(patient_, namespace_pids); });
    }
    Result<std::vector<std::optional<FileText>>> read_files(std::span<const std::string> paths,
                                                            std::size_t most_bytes) const override {
        return within_memory([&] { return read_patient_files(patient_, paths, most_bytes); });
    }
    Result<Held> hold(const HoldOrder& order, const HoldWork& work) const override {
        return within_memory([&] { return hold_threads(patient_, order, work); });
    }

private:
    PinnedProcess patient_;
    LiveMemory memory_;
    CounterSource counter_source_ = os::counter_source();
    mutable std::optional<Result<std::uint64_t>> charge_per_send_;
};

Error refused(const PinnedProcess& patient, int problem) {
    if (problem == ESRCH) return {ErrorCode::no_such_process, fmt::format("process {} has ended", name_of(patient))};
    const Result<PatientPermissions> facts = probe_patient(patient.pid);
    if (!facts) return facts.error();
    const std::optional<Refusal> refusal = explain_refusal(probe_machine(), *facts, false);
    if (refusal) return {ErrorCode::not_permitted, refusal->cause};
    return {ErrorCode::not_permitted, fmt::format("cannot inspect process {}", name_of(patient)), {}, problem};
}

}  // namespace

Result<std::unique_ptr<LiveTarget>> open_live(int pid) {
    Result<PinnedProcess> patient = pin_process(pid);
    if (!patient) return patient.error();
    if (const int problem = try_memory(patient->live_tid); problem != 0) return refused(*patient, problem);
    return std::unique_ptr<LiveTarget>(std::make_unique<ProcTarget>(std::move(*patient)));
}

}  // namespace subint_doctor::os
