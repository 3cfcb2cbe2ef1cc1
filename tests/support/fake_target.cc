#include "fake_target.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace subint_doctor::test {
namespace {

class FakeThreadReading final : public os::ThreadReading {
public:
    FakeThreadReading(const FakeTarget& target, std::vector<Thread> facts)
        : target_(target), facts_(std::move(facts)) {}

    std::vector<Thread> finish(std::vector<os::Unread>&) override {
        if (target_.gone) return {};
        std::erase_if(facts_, [&](const Thread& thread) { return target_.vanishing.contains(thread.tid); });
        return std::move(facts_);
    }

private:
    const FakeTarget& target_;
    std::vector<Thread> facts_;
};

}  // namespace

Result<Process> FakeTarget::process(std::vector<os::Unread>& unread_out) const {
    unread_out.insert(unread_out.end(), unread.begin(), unread.end());
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

Result<std::vector<Descriptor>> FakeTarget::descriptors(std::vector<os::Unread>&) const {
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

Result<os::Holder> FakeTarget::find_holder(DescriptorKind, std::uint64_t inode) const {
    const auto found = holders.find(inode);
    if (found == holders.end()) return Error{ErrorCode::unreadable, "looking for a reader: no other process has one"};
    return found->second;
}

Result<os::AddressesByInode> FakeTarget::socket_addresses(std::span<const std::uint64_t> inodes) const {
    os::AddressesByInode found;
    for (const std::uint64_t inode : inodes) {
        if (const auto one = addresses.find(inode); one != addresses.end()) found.insert(*one);
    }
    return unless_gone(std::move(found));
}

Result<os::ChildrenByNumber> FakeTarget::children(std::span<const int> namespace_pids) const {
    os::ChildrenByNumber found;
    for (const int pid : namespace_pids) {
        if (const auto one = child_processes.find(pid); one != child_processes.end()) found.insert(*one);
    }
    return found;
}

Result<std::vector<std::optional<os::FileText>>> FakeTarget::read_files(std::span<const std::string> paths,
                                                                        std::size_t most_bytes) const {
    std::vector<std::optional<os::FileText>> texts;
    for (const std::string& path : paths) {
        const auto found = files.find(path);
        texts.push_back(found == files.end() ? std::nullopt : std::optional(found->second));
        if (texts.back()) texts.back()->text.resize(std::min(texts.back()->text.size(), most_bytes));
    }
    return texts;
}

Result<os::Held> FakeTarget::hold(const os::HoldOrder& order, const os::HoldWork& work) const {
    if (gone) return *gone;
    hold_orders.push_back(order);
    os::Held result;
    const std::uint64_t since_ns = order.stop_by_ns - stops_before_deadline_ns;
    result.longest_ns = hold_lasts_ns;
    result.sum_ns = hold_lasts_ns;
    for (const int tid : order.tids) {
        held.push_back(tid);
        const bool stops = !unstoppable.contains(tid);
        result.threads.push_back({tid,
                                  stops ? os::HoldOutcome::held : os::HoldOutcome::did_not_stop,
                                  0,
                                  stops ? since_ns : 0,
                                  stops ? since_ns + hold_lasts_ns : 0,
                                  {}});
    }
    if (std::ranges::none_of(result.threads, [](const auto& t) { return t.outcome == os::HoldOutcome::held; })) {
        return Error{ErrorCode::timeout, "stopping thread " + std::to_string(order.tids.front())};
    }
    std::vector<std::byte> recording(order.most_bytes);
    const os::Clock& clock = hold_clock != nullptr ? *hold_clock : os::system_clock();
    const std::uint64_t never = ~std::uint64_t{0};
    const os::MemoryRecorder recorder(fake_memory, recording, clock,
                                      hold_clock != nullptr ? since_ns + order.longest_ns : never);
    work(recorder, result.threads);
    result.complete = recorder.complete();
    result.memory = os::RecordedMemory(std::span(recording).first(recorder.recorded_bytes()));
    return result;
}

}  // namespace subint_doctor::test
