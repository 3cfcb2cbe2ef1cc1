#include "c_stacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "inside.h"
#include "merge_stacks.h"
#include "read_again.h"
#include "subint_doctor/cpython/decode.h"
#include "subint_doctor/native/read_stacks.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::capture {
namespace {

constexpr std::size_t largest_copy = std::size_t{256} << 10U;  // bytes of one stack; of a longer one, the inner end
constexpr std::size_t most_copied = std::size_t{24} << 20U;  // ... of all
constexpr std::uint64_t stop_within_ns = 1'000'000'000;
constexpr std::uint64_t ns_per_us = 1'000;

struct Patient {
    Thread* thread = nullptr;
    std::vector<ThreadState*> states;  // innermost first
};

// Writable and private: what a stack pointer may point into.
class Stacks {
public:
    explicit Stacks(std::span<const Mapping> mappings) {
        for (const Mapping& mapping : mappings) {
            if (mapping.readable && mapping.writable) areas_.push_back({mapping.start, mapping.end});
        }
    }

    // What is to be copied of the stack that this address points into; size 0: it points into none.
    AddressRange from(Address stack_pointer) const {
        const auto next = std::ranges::upper_bound(areas_, stack_pointer, {}, &Area::start);
        if (next == areas_.begin() || stack_pointer >= (next - 1)->end) return {};
        const Area& area = *(next - 1);
        const std::uint64_t below =
            std::min(native::bytes_below_stack_pointer(), stack_pointer.value - area.start.value);
        const Address start = stack_pointer - below;
        return {start, std::min<std::uint64_t>(largest_copy, area.end.value - start.value)};
    }

private:
    struct Area {
        Address start;
        Address end;
    };
    std::vector<Area> areas_;  // by address, as mappings are
};

std::vector<Patient> choose(Inspection& inspection, const std::vector<int>& tids) {
    const std::unordered_set<int> wanted(tids.begin(), tids.end());
    Snapshot& look = inspection.looks.back();
    std::vector<Patient> patients;
    for (Thread& thread : look.threads) {
        const bool can_stop = thread.state != 'D' && thread.state != 'Z' && thread.state != 'X';
        if (can_stop && wanted.contains(thread.tid)) patients.push_back({&thread, states_of(*look.python, thread.tid)});
    }
    return patients;
}

class Copying {
public:
    Copying(const cpython::Layout& layout, std::span<const Patient> patients, const Stacks& stacks)
        : layout_(layout), stacks_(stacks), buffer_(largest_copy) {
        for (const Patient& patient : patients) by_tid_.emplace(patient.thread->tid, &patient);
    }

    // What a hold does. With no threads it reads what it expects to read of each.
    void operator()(const MemoryReader& memory, std::span<const os::HeldThread> threads) {
        if (threads.empty()) {
            for (const auto& [tid, patient] : by_tid_) {
                if (patient->thread->syscall) read(memory, *patient, patient->thread->syscall->stack_pointer);
            }
        }
        for (const os::HeldThread& held : threads) {
            if (held.outcome == os::HoldOutcome::held)
                read(memory, *by_tid_.at(held.tid), held.registers.stack_pointer);
        }
    }

private:
    void read(const MemoryReader& memory, const Patient& patient, Address stack_pointer) {
        const AddressRange range = stacks_.from(stack_pointer);
        (void)memory.read_some(range.start, std::span(buffer_).first(range.size));
        for (const ThreadState* state : patient.states) (void)cpython::read_raw_stack(memory, layout_, state->address);
    }

    const cpython::Layout& layout_;
    const Stacks& stacks_;
    std::vector<std::byte> buffer_;
    std::unordered_map<int, const Patient*> by_tid_;
};

os::HoldOrder order_of(std::span<const Patient> patients, const Options& options, std::uint64_t now_ns,
                       const Inspection& inspection) {
    const std::uint64_t timeout_ns = static_cast<std::uint64_t>(options.timeout_ms) * 1'000'000;
    const std::uint64_t end_ns =
        timeout_ns == 0 ? std::numeric_limits<std::uint64_t>::max() : inspection.looks.front().started_ns + timeout_ns;
    const std::uint64_t allowance_us = static_cast<std::uint64_t>(options.max_pause_ms) * 1'000;
    const std::uint64_t left_ns = (allowance_us - std::min(allowance_us, inspection.held_us)) * ns_per_us;
    os::HoldOrder order;
    for (const Patient& patient : patients) order.tids.push_back(patient.thread->tid);
    order.at_once = 1;
    order.stop_by_ns = std::min(end_ns, now_ns + stop_within_ns);
    order.longest_ns = left_ns;
    order.most_sum_ns = left_ns;
    order.most_bytes = most_copied;
    return order;
}

class CStacks {
public:
    CStacks(const os::Target& patient, const cpython::Layout& layout, std::span<const Mapping> mappings,
            Inspection& inspection)
        : patient_(patient), layout_(layout), inspection_(inspection), stacks_(mappings), reader_(patient, mappings) {}

    std::string read(std::span<Patient> patients, const os::HoldOrder& order) {
        Copying copying(layout_, patients, stacks_);
        const Result<os::Held> held = patient_.live()->hold(order, std::ref(copying));
        if (!held) return describe(held.error());
        inspection_.held_us += held->sum_ns / ns_per_us;
        inspection_.pause_us = std::max(inspection_.pause_us, held->longest_ns / ns_per_us);
        std::size_t missing = 0;
        for (std::size_t n = 0; n < patients.size(); ++n) {
            const os::HeldThread& one = held->threads[n];
            if (one.outcome != os::HoldOutcome::held) {
                ++missing;
                continue;
            }
            inspection_.stopped_tids.push_back(one.tid);
            merge(patients[n], one, held->memory);
        }
        return missing == 0 ? "" : fmt::format("{} of {} threads could not be held in time", missing, patients.size());
    }

private:
    void merge(Patient& patient, const os::HeldThread& held, const MemoryReader& memory) {
        const bool same_moment = read_python_again(patient, memory);
        const AddressRange range = stacks_.from(held.registers.stack_pointer);
        std::vector<std::byte> bytes(range.size);
        bytes.resize(memory.read_some(range.start, bytes).value_or(0));
        NativeStack native = reader_.read({held.tid, held.registers, range.start, bytes});
        const std::vector<const ThreadState*> states(patient.states.begin(), patient.states.end());
        MergedStack merged = merge_stacks(std::move(native), states);
        merged.inside = inside_of(merged.native);
        const bool takes_gil = patient.thread->wait.kind == WaitKind::gil;
        if (merged.inside == Inside::nothing && takes_gil) merged.inside = Inside::gil;
        patient.thread->merged = std::move(merged);
        patient.thread->moved = patient.thread->moved && !same_moment;
    }

    // The frames as they were in the moment of the copy. False: some could not be read.
    bool read_python_again(Patient& patient, const MemoryReader& memory) {
        bool complete = true;
        for (ThreadState* state : patient.states) {
            const Result<cpython::RawStack> raw = cpython::read_raw_stack(memory, layout_, state->address);
            complete = complete && raw && raw->state.frames_complete;
            if (!raw || raw->state.frames_fingerprint == state->frames_fingerprint) continue;
            Result<ThreadState> read =
                cpython::describe_stack(patient_.memory(), layout_, *raw, inspection_.looks.back().python->codes);
            complete = complete && read && read->frames_complete;
            if (read) take_over(*state, std::move(*read));
        }
        return complete;
    }

    const os::Target& patient_;
    const cpython::Layout& layout_;
    Inspection& inspection_;
    Stacks stacks_;
    native::StackReader reader_;
};

}  // namespace

void read_c_stacks(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                   const os::Clock& clock, const std::vector<int>& tids, Inspection& inspection) {
    if (patient.live() == nullptr || !inspection.last().python) return;
    std::vector<Patient> patients = choose(inspection, tids);
    if (patients.empty()) return;
    const Result<std::vector<Mapping>> mappings = patient.mappings();
    const os::HoldOrder order = order_of(patients, options, clock.now_ns(), inspection);
    std::string problem;
    if (!mappings) {
        problem = describe(mappings.error());
    } else if (order.longest_ns == 0) {
        problem = "the allowance for stops (--max-pause) is used up";
    } else {
        problem = CStacks(patient, layout, *mappings, inspection).read(patients, order);
    }
    if (!problem.empty()) inspection.gaps.push_back({"threads.native_frames", problem, false});
}

}  // namespace subint_doctor::capture
