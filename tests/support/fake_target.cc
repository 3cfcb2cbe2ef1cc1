#include "fake_target.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace subint_doctor::test {
namespace {

class FakeHold final : public os::Hold {
public:
    FakeHold(int& alive, std::uint64_t since_ns) : alive_(alive), since_ns_(since_ns) { ++alive_; }
    FakeHold(const FakeHold&) = delete;
    FakeHold& operator=(const FakeHold&) = delete;
    ~FakeHold() override { --alive_; }
    std::uint64_t since_ns() const override { return since_ns_; }

private:
    int& alive_;
    std::uint64_t since_ns_;
};

class FakeThreadReading final : public os::ThreadReading {
public:
    FakeThreadReading(const FakeTarget& target, std::vector<Thread> facts)
        : target_(target), facts_(std::move(facts)) {}

    std::vector<Thread> finish(std::vector<Gap>&) override {
        if (target_.gone) return {};
        std::erase_if(facts_, [&](const Thread& thread) { return target_.vanishing.contains(thread.tid); });
        return std::move(facts_);
    }

private:
    const FakeTarget& target_;
    std::vector<Thread> facts_;
};

}  // namespace

Result<Process> FakeTarget::process(std::vector<Gap>& gaps_out) const {
    gaps_out.insert(gaps_out.end(), gaps.begin(), gaps.end());
    return unless_gone(process_facts);
}

Result<std::uint64_t> FakeTarget::process_cpu_ns() const { return unless_gone(cpu_ns); }

Result<std::vector<Mapping>> FakeTarget::mappings() const { return unless_gone(fake_mappings); }

Result<os::File> FakeTarget::open_mapped(const Mapping& mapping) const {
    const auto found = file_of_inode.find(mapping.inode);
    if (found == file_of_inode.end()) return Error{ErrorCode::unreadable, "opening the file " + mapping.path};
    os::File file(memfd_create("mapped", MFD_CLOEXEC));
    const std::string& bytes = found->second;
    if (write(file.fd(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        return Error{ErrorCode::bug, "writing a memfd"};
    }
    return file;
}

Result<std::unique_ptr<os::ThreadReading>> FakeTarget::begin_threads(std::span<const Thread>) const {
    if (gone) return *gone;
    std::vector<Thread> facts;
    if (!threads_of_looks.empty()) facts = threads_of_looks[std::min(looks_++, threads_of_looks.size() - 1)];
    return std::unique_ptr<os::ThreadReading>(std::make_unique<FakeThreadReading>(*this, std::move(facts)));
}

Result<std::vector<Descriptor>> FakeTarget::descriptors(std::vector<Gap>&) const {
    return unless_gone(descriptor_table);
}

Result<PipeQueue> FakeTarget::pipe_queue(int fd) const {
    const auto found = pipes.find(fd);
    if (found == pipes.end()) return Error{ErrorCode::unreadable, "measuring the pipe behind fd " + std::to_string(fd)};
    return unless_gone(found->second);
}

Result<std::uint64_t> FakeTarget::charge_per_send() const {
    if (!charge) return Error{ErrorCode::not_available, "measuring what one byte costs in a unix socket"};
    return *charge;
}

Result<os::Target::Holder> FakeTarget::find_holder(DescriptorKind, std::uint64_t inode) const {
    const auto found = holders.find(inode);
    if (found == holders.end()) return Error{ErrorCode::unreadable, "looking for a reader: no other process has one"};
    return found->second;
}

Result<std::unique_ptr<os::Hold>> FakeTarget::hold(int tid, std::uint64_t deadline_ns) const {
    if (gone) return *gone;
    held.push_back(tid);
    if (unstoppable.contains(tid)) return Error{ErrorCode::timeout, "stopping thread " + std::to_string(tid)};
    return std::unique_ptr<os::Hold>(std::make_unique<FakeHold>(holds_alive, deadline_ns - stops_before_deadline_ns));
}

}  // namespace subint_doctor::test
