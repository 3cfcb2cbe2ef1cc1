// What asking the kernel costs. The patient is this very process: /proc and process_vm_readv do not mind.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "subint_doctor/os/live_target.h"

namespace subint_doctor::os {
namespace {

class SleepingThreads {
public:
    explicit SleepingThreads(std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            threads_.emplace_back([this] { sleep(); });
        }
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return asleep_ == count; });
    }
    ~SleepingThreads() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }
    SleepingThreads(const SleepingThreads&) = delete;
    SleepingThreads& operator=(const SleepingThreads&) = delete;

private:
    void sleep() {
        std::unique_lock lock(mutex_);
        ++asleep_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return over_; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::int64_t asleep_ = 0;
    bool over_ = false;
    std::vector<std::thread> threads_;
};

std::unique_ptr<LiveTarget> this_process(benchmark::State& state) {
    Result<std::unique_ptr<LiveTarget>> opened = open_live(getpid());
    if (!opened) {
        state.SkipWithError(describe(opened.error()).c_str());
        return nullptr;
    }
    return std::move(*opened);
}

void BM_threads(benchmark::State& state) {
    const SleepingThreads sleeping(state.range(0));
    const std::unique_ptr<LiveTarget> target = this_process(state);
    if (!target) return;
    std::vector<Unread> unread;
    while (state.KeepRunning()) {
        const auto reading = target->begin_threads({});
        if (!reading) {
            state.SkipWithError(describe(reading.error()).c_str());
            break;
        }
        benchmark::DoNotOptimize((*reading)->finish(unread));
    }
    state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_threads)->Arg(2)->Arg(32)->Arg(500)->Complexity()->Unit(benchmark::kMicrosecond);

void BM_mappings(benchmark::State& state) {
    const std::unique_ptr<LiveTarget> target = this_process(state);
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(target->mappings());
    }
}
BENCHMARK(BM_mappings)->Unit(benchmark::kMicrosecond);

void BM_descriptors(benchmark::State& state) {
    const std::unique_ptr<LiveTarget> target = this_process(state);
    std::vector<Unread> unread;
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(target->descriptors(unread));
    }
}
BENCHMARK(BM_descriptors)->Unit(benchmark::kMicrosecond);

Address address_of(const void* bytes) { return {reinterpret_cast<std::uint64_t>(bytes)}; }

void BM_read(benchmark::State& state) {
    const std::unique_ptr<LiveTarget> target = this_process(state);
    const std::vector<std::byte> from(static_cast<std::size_t>(state.range(0)));
    std::vector<std::byte> into(from.size());
    while (state.KeepRunning()) {
        if (!read_exact(target->memory(), address_of(from.data()), into).ok()) {
            state.SkipWithError("unreadable");
        }
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_read)->Arg(64)->Arg(4096)->Arg(16 << 10)->Arg(1 << 20);

void BM_read_scattered(benchmark::State& state) {
    constexpr std::size_t size = 512;
    constexpr std::size_t apart = 4096;
    const std::unique_ptr<LiveTarget> target = this_process(state);
    const auto count = static_cast<std::size_t>(state.range(0));
    const std::vector<std::byte> from(count * apart);
    std::vector<std::byte> into(count * size);
    std::vector<ReadRequest> requests(count);
    while (state.KeepRunning()) {
        for (std::size_t i = 0; i < count; ++i) {
            requests[i] = {address_of(&from[i * apart]), std::span(into).subspan(i * size, size)};
        }
        target->memory().read_scattered(requests);
        if (requests.back().done != size) state.SkipWithError("unreadable");
    }
    state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_read_scattered)->Arg(1)->Arg(64)->Arg(1024)->Complexity();

}  // namespace
}  // namespace subint_doctor::os
