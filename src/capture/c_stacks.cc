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
#include "sleeping_stacks.h"
#include "stack_areas.h"
#include "subint_doctor/cpython/decode.h"
#include "subint_doctor/native/read_stacks.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::capture {
namespace {

constexpr std::size_t most_copied = std::size_t{24} << 20U;  // bytes, of all that are held
constexpr std::uint64_t usual_stack = 16U << 10U;  // bytes: all of most stacks
constexpr std::uint64_t stop_within_ns = 1'000'000'000;
constexpr std::uint64_t ns_per_us = 1'000;

struct Patient {
    Thread* thread = nullptr;
    std::vector<ThreadState*> states;  // innermost first
};

std::vector<Patient> choose(Inspection& inspection, const std::vector<int>& tids) {
    const std::unordered_set<int> wanted(tids.begin(), tids.end());
    Snapshot& look = inspection.looks.back();
    std::vector<Patient> patients;
    for (Thread& thread : look.threads) {
        const bool is_alive = thread.state != 'Z' && thread.state != 'X';
        if (is_alive && wanted.contains(thread.tid)) patients.push_back({&thread, states_of(*look.python, thread.tid)});
    }
    return patients;
}

// The work of a hold: the stack and the Python frames of the threads that stand still. With no threads it reads what it
// expects to read of each.
class Copying {
public:
    Copying(const cpython::Layout& layout, std::span<const Patient> patients, const StackAreas& areas)
        : layout_(layout), areas_(areas), buffer_(StackAreas::largest_copy) {
        for (const Patient& patient : patients) by_tid_.emplace(patient.thread->tid, &patient);
    }

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
        const AddressRange range = areas_.from(stack_pointer);
        if (range.size > 0) (void)memory.read_some(range.start, std::span(buffer_).first(range.size));
        for (const ThreadState* state : patient.states) (void)cpython::read_raw_stack(memory, layout_, state->address);
    }

    const cpython::Layout& layout_;
    const StackAreas& areas_;
    std::vector<std::byte> buffer_;
    std::unordered_map<int, const Patient*> by_tid_;
};

class CStacks {
public:
    CStacks(const os::Target& patient, const cpython::Layout& layout, const Options& options, const os::Clock& clock,
            std::span<const Mapping> mappings, Inspection& inspection)
        : patient_(patient),
          layout_(layout),
          options_(options),
          clock_(clock),
          inspection_(inspection),
          areas_(mappings),
          reader_(patient, mappings) {}

    void read(std::vector<Patient> patients, bool may_wake_sleepers) {
        std::vector<Patient> to_hold;
        for (const std::uint64_t most : {usual_stack, StackAreas::largest_copy}) read_sleeping(patients, most, to_hold);
        to_hold.insert(to_hold.end(), patients.begin(), patients.end());
        const auto sleeps = [](const Patient& one) { return !one.thread->on_cpu && one.thread->state != 'R'; };
        if (!may_wake_sleepers) std::erase_if(to_hold, sleeps);
        const std::string problem = to_hold.empty() ? "" : read_by_holding(to_hold);
        if (!problem.empty()) inspection_.gaps.push_back({"threads.native_frames", problem, false});
    }

private:
    // Takes out those whose stack was read and those that only a hold can tell of; the others do not sleep, or have a longer
    // stack.
    void read_sleeping(std::vector<Patient>& patients, std::uint64_t most, std::vector<Patient>& to_hold) {
        std::vector<const Thread*> threads;
        threads.reserve(patients.size());
        for (const Patient& patient : patients) threads.push_back(patient.thread);
        const BytesByTid copies = copy_sleeping_stacks(patient_, areas_, inspection_.last().threads, threads, most);
        std::erase_if(patients, [&](const Patient& patient) {
            const auto bytes = copies.find(patient.thread->tid);
            if (bytes == copies.end()) return false;
            const Syscall& call = *patient.thread->syscall;
            native::StackReading reading =
                reader_.read({.tid = patient.thread->tid,
                              .registers = {call.instruction_pointer, call.stack_pointer, {}},
                              .pointers_only = true,
                              .start = areas_.from(call.stack_pointer).start,
                              .bytes = bytes->second});
            const bool is_cut = !reading.stack.complete && bytes->second.size() == most;
            if (reading.lacks_registers) {
                to_hold.push_back(patient);
            } else if (!is_cut || most == StackAreas::largest_copy) {
                merge(patient, std::move(reading.stack));
            }
            return reading.lacks_registers || patient.thread->merged.has_value();
        });
    }

    // Returns what kept it from some of them.
    std::string read_by_holding(std::vector<Patient>& patients) {
        const os::HoldOrder order = order_for(patients);
        if (!options_.may_stop) return left_text(patients.size(), "they would have to be held (--no-block)");
        if (order.longest_ns == 0)
            return left_text(patients.size(), "the allowance for stops (--max-pause) is used up");
        Copying copying(layout_, patients, areas_);
        const Result<os::Held> held = patient_.live()->hold(order, std::ref(copying));
        if (!held) return left_text(patients.size(), describe(held.error()));
        inspection_.held_us += held->sum_ns / ns_per_us;
        inspection_.pause_us = std::max(inspection_.pause_us, held->longest_ns / ns_per_us);
        std::size_t left = 0;
        for (std::size_t n = 0; n < patients.size(); ++n) {
            const os::HeldThread& one = held->threads[n];
            if (one.outcome != os::HoldOutcome::held) {
                ++left;
                continue;
            }
            inspection_.stopped_tids.push_back(one.tid);
            read_held(patients[n], one, held->memory);
        }
        return left == 0 ? "" : left_text(left, "they could not be held in time");
    }

    static std::string left_text(std::size_t threads, std::string_view why) {
        return fmt::format("the C stacks of {} thread{}: {}", threads, threads == 1 ? "" : "s", why);
    }

    os::HoldOrder order_for(std::span<const Patient> patients) const {
        const std::uint64_t timeout_ns = static_cast<std::uint64_t>(options_.timeout_ms) * 1'000'000;
        const std::uint64_t end_ns = timeout_ns == 0 ? std::numeric_limits<std::uint64_t>::max()
                                                     : inspection_.looks.front().started_ns + timeout_ns;
        const std::uint64_t allowance_us = static_cast<std::uint64_t>(options_.max_pause_ms) * 1'000;
        const std::uint64_t left_ns = (allowance_us - std::min(allowance_us, inspection_.held_us)) * ns_per_us;
        os::HoldOrder order;
        for (const Patient& patient : patients) order.tids.push_back(patient.thread->tid);
        order.at_once = 1;
        order.stop_by_ns = std::min(end_ns, clock_.now_ns() + stop_within_ns);
        order.longest_ns = left_ns;
        order.most_sum_ns = left_ns;
        order.most_bytes = most_copied;
        return order;
    }

    void read_held(const Patient& patient, const os::HeldThread& held, const MemoryReader& memory) {
        const bool is_whole = read_python_again(patient, memory);
        const AddressRange range = areas_.from(held.registers.stack_pointer);
        std::vector<std::byte> bytes(range.size);
        bytes.resize(memory.read_some(range.start, bytes).value_or(0));
        merge(patient,
              reader_.read({.tid = held.tid, .registers = held.registers, .start = range.start, .bytes = bytes}).stack);
        patient.thread->moved = patient.thread->moved && !is_whole;
    }

    // The frames as they were in the moment of the copy. False: some could not be read.
    bool read_python_again(const Patient& patient, const MemoryReader& memory) {
        bool is_whole = true;
        for (ThreadState* state : patient.states) {
            const Result<cpython::RawStack> raw = cpython::read_raw_stack(memory, layout_, state->address);
            is_whole = is_whole && raw && raw->state.frames_complete;
            if (!raw || raw->state.frames_fingerprint == state->frames_fingerprint) continue;
            Result<ThreadState> read =
                cpython::describe_stack(patient_.memory(), layout_, *raw, inspection_.looks.back().python->codes);
            is_whole = is_whole && read && read->frames_complete;
            if (read) take_over(*state, std::move(*read));
        }
        return is_whole;
    }

    static void merge(const Patient& patient, NativeStack native) {
        const std::vector<const ThreadState*> states(patient.states.begin(), patient.states.end());
        MergedStack merged = merge_stacks(std::move(native), states);
        merged.inside = inside_of(merged.native);
        const bool takes_gil = patient.thread->wait.kind == WaitKind::gil;
        if (merged.inside == Inside::nothing && takes_gil) merged.inside = Inside::gil;
        patient.thread->merged = std::move(merged);
    }

    const os::Target& patient_;
    const cpython::Layout& layout_;
    const Options& options_;
    const os::Clock& clock_;
    Inspection& inspection_;
    StackAreas areas_;
    native::StackReader reader_;
};

}  // namespace

void read_c_stacks(const os::Target& patient, const cpython::Layout& layout, const Options& options,
                   const os::Clock& clock, const CStackWish& wish, Inspection& inspection) {
    if (patient.live() == nullptr || !inspection.last().python) return;
    std::vector<Patient> patients = choose(inspection, wish.tids);
    if (patients.empty()) return;
    const Result<std::vector<Mapping>> mappings = patient.mappings();
    if (!mappings) {
        inspection.gaps.push_back({"threads.native_frames", describe(mappings.error()), false});
        return;
    }
    CStacks(patient, layout, options, clock, *mappings, inspection).read(std::move(patients), wish.may_wake_sleepers);
}

}  // namespace subint_doctor::capture
