// A patient made of plain vectors that a test fills in: what each call answers, in the fields below.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "fake_memory.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::test {

class FakeTarget final : public os::LiveTarget {
public:
    FakeMemory fake_memory;
    Process process_facts;  // pid() is that of here
    std::uint64_t cpu_ns = 0;
    std::vector<Mapping> fake_mappings;
    std::map<std::uint64_t, std::string> file_of_inode;  // content behind a mapping; others cannot be opened
    // One list per look: begin_threads() takes the next one, the last one stays. The end of the reading leaves out the
    // tids in `vanishing`.
    std::vector<std::vector<Thread>> threads_of_looks;
    std::set<int> vanishing;
    std::vector<Descriptor> descriptor_table;
    std::map<int, PipeQueue> pipes;  // by fd
    std::optional<std::uint64_t> charge = 768;  // empty: cannot be measured
    std::map<std::uint64_t, os::Holder> holders;  // by inode
    os::AddressesByInode addresses;  // by inode
    os::ChildrenByNumber child_processes;  // by the patient's own number
    std::map<std::string, os::FileText> files;  // by path; read_files() alone knows them
    std::set<int> unstoppable;  // tids whose hold times out
    std::uint64_t stops_before_deadline_ns = 1'000'000'000;  // the others are held that long before stop_by_ns, ...
    std::uint64_t hold_lasts_ns = 100'000;  // ... for so long
    const os::Clock* hold_clock = nullptr;  // what reads in a hold are limited by; none: they are not
    std::vector<os::Unread> unread;  // added by process()
    std::optional<Error> gone;  // what every call answers once it is set

    // What was asked for.
    mutable std::vector<int> held;  // tids, each time
    mutable std::vector<os::HoldOrder> hold_orders;

    int pid() const override { return process_facts.pid; }
    const MemoryReader& memory() const override { return fake_memory; }
    Result<Process> process(std::vector<os::Unread>& unread_out) const override;
    Result<std::uint64_t> process_cpu_ns() const override;
    Result<std::vector<Mapping>> mappings() const override;
    Result<os::File> open_mapped(const Mapping& mapping) const override;
    Result<std::unique_ptr<os::ThreadReading>> begin_threads(std::span<const Thread> previous) const override;
    Result<std::vector<Descriptor>> descriptors(std::vector<os::Unread>& unread_out) const override;
    Result<PipeQueue> pipe_queue(int fd) const override;
    Result<std::uint64_t> charge_per_send() const override;
    Result<os::Holder> find_holder(DescriptorKind kind, std::uint64_t inode) const override;
    Result<os::AddressesByInode> socket_addresses(std::span<const std::uint64_t> inodes) const override;
    Result<os::ChildrenByNumber> children(std::span<const int> namespace_pids) const override;
    Result<std::vector<std::optional<os::FileText>>> read_files(std::span<const std::string> paths,
                                                                std::size_t most_bytes) const override;
    Result<os::Held> hold(const os::HoldOrder& order, const os::HoldWork& work) const override;

private:
    template <typename T>
    Result<T> unless_gone(T value) const {
        if (gone) return *gone;
        return value;
    }

    mutable std::size_t looks_ = 0;
};

}  // namespace subint_doctor::test
