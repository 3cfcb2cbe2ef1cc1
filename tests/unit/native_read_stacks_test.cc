#include <dlfcn.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>

#include "own_stack.h"
#include "subint_doctor/native/read_stacks.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::native {
namespace {

using test::copy_own_stack;
using test::OwnStack;

// This process is its own patient: mapped libraries, files and memory are real.
struct Own {
    std::unique_ptr<os::LiveTarget> target;
    std::vector<Mapping> mappings;

    Own() {
        auto opened = os::open_live(getpid());
        EXPECT_TRUE(opened) << describe(opened.error());
        target = std::move(*opened);
        mappings = target->mappings().value_or({});
    }
    NativeStack read(const OwnStack& stack) const { return StackReader(*target, mappings).read(stack.copy()).stack; }
    StackReading read_by_pointers(const OwnStack& stack) const {
        StackCopy copy = stack.copy();
        copy.pointers_only = true;
        copy.registers.all = {};
        return StackReader(*target, mappings).read(copy);
    }
};

std::size_t index_of(const NativeStack& stack, std::string_view function) {
    const auto found = std::ranges::find_if(stack.frames, [&](const NativeFrame& frame) {
        return frame.function && frame.function->find(function) != std::string::npos;
    });
    return static_cast<std::size_t>(found - stack.frames.begin());
}

bool has(const NativeStack& stack, std::string_view function) {
    return index_of(stack, function) < stack.frames.size();
}

[[gnu::noinline]] OwnStack two_deep() {
    OwnStack stack = copy_own_stack(1U << 20);
    asm volatile("" ::: "memory");  // no tail call
    return stack;
}
[[gnu::noinline]] OwnStack one_deep() {
    OwnStack stack = two_deep();
    asm volatile("" ::: "memory");
    return stack;
}

TEST(ReadStacks, OfAThreadGoesFromWhereItIsToWhereItBegan) {
    OwnStack copied;
    std::thread([&] { copied = one_deep(); }).join();
    const NativeStack stack = Own().read(copied);
    ASSERT_TRUE(stack.complete) << stack.problem;
    EXPECT_EQ(index_of(stack, "copy_own_stack"), 0U);
    EXPECT_LT(index_of(stack, "two_deep"), index_of(stack, "one_deep"));
    ASSERT_TRUE(has(stack, "one_deep"));
    EXPECT_EQ(stack.frames[0].via, FoundBy::start);
    EXPECT_EQ(stack.frames[1].via, FoundBy::eh_frame);
    EXPECT_TRUE(stack.frames.back().library->ends_with("libc.so.6"));
}

// The other registers are mostly on the stack already; where not, that is said, and nothing is made up.
TEST(ReadStacks, ByTheTwoPointersAloneIsTheSameAsFarAsItLeads) {
    const OwnStack copied = one_deep();
    const NativeStack whole = Own().read(copied);
    const StackReading by_pointers = Own().read_by_pointers(copied);
    const std::vector<NativeFrame>& frames = by_pointers.stack.frames;
    ASSERT_LE(frames.size(), whole.frames.size());
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(by_pointers.lacks_registers, frames.size() < whole.frames.size());
    EXPECT_EQ(by_pointers.stack.complete, !by_pointers.lacks_registers);
    for (std::size_t n = 0; n < frames.size(); ++n) EXPECT_EQ(frames[n].address, whole.frames[n].address);
}

TEST(ReadStacks, OfTheMainThreadEndsInStart) {
    const NativeStack stack = Own().read(one_deep());
    ASSERT_TRUE(stack.complete) << stack.problem;
    EXPECT_TRUE(has(stack, "main"));
    EXPECT_EQ(stack.frames.back().function, "_start");
}

TEST(ReadStacks, FramesLieOnTheStackBehindEachOther) {
    const NativeStack stack = Own().read(one_deep());
    ASSERT_GT(stack.frames.size(), 3U);
    for (std::size_t n = 0; n + 1 < stack.frames.size(); ++n) {
        EXPECT_GT(stack.frames[n].stack.size, 0U);
        EXPECT_EQ(stack.frames[n].stack.start + stack.frames[n].stack.size, stack.frames[n + 1].stack.start);
    }
    EXPECT_EQ(stack.frames.back().stack.size, 0U);
}

TEST(ReadStacks, AnOffsetIsWhatTheFileCallsTheAddress) {
    const NativeStack stack = Own().read(one_deep());
    Dl_info facts{};
    ASSERT_NE(dladdr(reinterpret_cast<void*>(stack.frames[0].address.value), &facts), 0);
    const auto base = reinterpret_cast<std::uint64_t>(facts.dli_fbase);
    EXPECT_EQ(stack.frames[0].library_offset, stack.frames[0].address.value - base);
}

// Through a library that is built in another way: its functions, and how the caller of the outer one was found.
struct Sample {
    NativeStack stack;
    std::size_t inner = 0;  // index of its frame

    explicit Sample(const char* path) {
        void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        EXPECT_NE(library, nullptr) << dlerror();
        using Function = int (*)(void (*)(void*), void*);
        const auto call = reinterpret_cast<Function>(dlsym(library, "native_sample"));
        OwnStack copied;
        call([](void* out) { *static_cast<OwnStack*>(out) = copy_own_stack(); }, &copied);
        stack = Own().read(copied);
        dlclose(library);
        const auto found = std::ranges::find_if(
            stack.frames, [&](const NativeFrame& frame) { return frame.library && *frame.library == path; });
        inner = static_cast<std::size_t>(found - stack.frames.begin());
    }
    const NativeFrame& at(std::size_t outwards) const { return stack.frames.at(inner + outwards); }
};

TEST(ReadStacks, ByEhFrame) {
    const Sample sample(NATIVE_SAMPLES "native_sample_eh_frame.so");
    EXPECT_EQ(sample.at(0).function, "sample::inner(void (*)(void*), void*)");
    EXPECT_EQ(sample.at(1).function, "native_sample");
    EXPECT_EQ(sample.at(1).via, FoundBy::eh_frame);
    EXPECT_EQ(sample.at(2).via, FoundBy::eh_frame);
    EXPECT_TRUE(has(sample.stack, "Sample::Sample"));
}

TEST(ReadStacks, AStrippedFileHasFewerNamesAndNoneDifferent) {
    const Sample sample(NATIVE_SAMPLES "native_sample_stripped.so");
    EXPECT_FALSE(sample.at(0).function);
    EXPECT_EQ(sample.at(1).function, "native_sample");
    EXPECT_TRUE(has(sample.stack, "Sample::Sample"));
}

TEST(ReadStacks, ByDebugFrame) {
    const Sample sample(NATIVE_SAMPLES "native_sample_debug_frame.so");
    EXPECT_EQ(sample.at(0).function, "sample::inner(void (*)(void*), void*)");
    EXPECT_EQ(sample.at(1).function, "native_sample");
    EXPECT_EQ(sample.at(1).via, FoundBy::debug_frame);
    EXPECT_EQ(sample.at(2).via, FoundBy::debug_frame);
    EXPECT_TRUE(has(sample.stack, "Sample::Sample"));
}

TEST(ReadStacks, ByFramePointer) {
    const Sample sample(NATIVE_SAMPLES "native_sample_frame_pointer.so");
    EXPECT_EQ(sample.at(1).function, "native_sample");
    EXPECT_EQ(sample.at(1).via, FoundBy::frame_pointer);
    EXPECT_EQ(sample.at(2).via, FoundBy::frame_pointer);
    EXPECT_TRUE(has(sample.stack, "Sample::Sample"));
}

// Neither call frame information nor frame pointers: it ends there, or goes on with frames that are there.
TEST(ReadStacks, WithoutAnyMeansItSaysSo) {
    const Sample sample(NATIVE_SAMPLES "native_sample_nothing.so");
    EXPECT_EQ(sample.at(0).function, "sample::inner(void (*)(void*), void*)");
    EXPECT_EQ(sample.stack.complete, sample.stack.problem.empty());
}

OwnStack in_handler;
void handle(int) { in_handler = copy_own_stack(1U << 20); }

TEST(ReadStacks, ThroughASignalHandlerIsWhatItInterrupted) {
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = handle;
    sigaction(SIGUSR2, &action, &before);
    raise(SIGUSR2);
    sigaction(SIGUSR2, &before, nullptr);
    const NativeStack stack = Own().read(in_handler);
    ASSERT_TRUE(stack.complete) << stack.problem;
    const std::size_t handler = index_of(stack, "handle(int)");
    ASSERT_LT(handler + 1, stack.frames.size());
    EXPECT_FALSE(stack.frames[handler].signal_frame);
    EXPECT_TRUE(stack.frames[handler + 1].signal_frame);
    EXPECT_LT(handler, index_of(stack, "main"));
}

TEST(ReadStacks, WhatWasNotCopiedIsTheEnd) {
    OwnStack copied = one_deep();
    copied.bytes.resize(bytes_below_stack_pointer() + 8);
    const NativeStack stack = Own().read(copied);
    EXPECT_FALSE(stack.complete);
    EXPECT_NE(stack.problem, "");
    EXPECT_EQ(stack.frames.size(), 1U);
}

// A page with `code` in it, and no file.
struct AnonymousCode {
    static constexpr std::size_t size = 4'096;
    std::byte* page = nullptr;

    explicit AnonymousCode(std::string_view code) {
        void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT_NE(mapped, MAP_FAILED);
        std::memcpy(mapped, code.data(), code.size());
        mprotect(mapped, size, PROT_READ | PROT_EXEC);
        page = static_cast<std::byte*>(mapped);
    }
    AnonymousCode(const AnonymousCode&) = delete;
    AnonymousCode& operator=(const AnonymousCode&) = delete;
    ~AnonymousCode() { munmap(page, size); }

    OwnStack call() const {
        using Function = void (*)(void (*)(void*), void*);
        OwnStack copied;
        reinterpret_cast<Function>(page)([](void* out) { *static_cast<OwnStack*>(out) = copy_own_stack(1U << 20); },
                                         &copied);
        return copied;
    }
};

// push %rbp; mov %rsp,%rbp; mov %rdi,%rax; mov %rsi,%rdi; call *%rax; pop %rbp; ret
constexpr std::string_view with_frame_pointer = "\x55\x48\x89\xe5\x48\x89\xf8\x48\x89\xf7\xff\xd0\x5d\xc3";
// push %rbp; mov $1,%ebp; mov %rdi,%rax; mov %rsi,%rdi; call *%rax; pop %rbp; ret
constexpr std::string_view without_frame_pointer("\x55\xbd\x01\x00\x00\x00\x48\x89\xf8\x48\x89\xf7\xff\xd0\x5d\xc3",
                                                 16);

std::size_t frame_in(const NativeStack& stack, const AnonymousCode& code) {
    const AddressRange page{{reinterpret_cast<std::uint64_t>(code.page)}, AnonymousCode::size};
    const auto found =
        std::ranges::find_if(stack.frames, [&](const NativeFrame& frame) { return page.contains(frame.address); });
    return static_cast<std::size_t>(found - stack.frames.begin());
}

TEST(ReadStacks, CodeWithoutAFileIsPassedByItsFramePointer) {
    const AnonymousCode code(with_frame_pointer);
    const NativeStack stack = Own().read(code.call());
    const std::size_t frame = frame_in(stack, code);
    ASSERT_LT(frame + 1, stack.frames.size());
    EXPECT_FALSE(stack.frames[frame].library);
    EXPECT_FALSE(stack.frames[frame].library_offset);
    EXPECT_FALSE(stack.frames[frame].function);
    EXPECT_EQ(stack.frames[frame + 1].via, FoundBy::frame_pointer);
    EXPECT_TRUE(has(stack, "AnonymousCode::call"));
    EXPECT_TRUE(stack.complete) << stack.problem;
}

TEST(ReadStacks, CodeWithoutAFileOrFramePointerIsTheEnd) {
    const AnonymousCode code(without_frame_pointer);
    const NativeStack stack = Own().read(code.call());
    EXPECT_EQ(frame_in(stack, code), stack.frames.size() - 1);
    EXPECT_FALSE(stack.complete);
    EXPECT_NE(stack.problem.find("without a file"), std::string::npos);
}

// Each returns into the same function, and frame pointers go up by two words for as long as bytes were copied.
TEST(ReadStacks, AnEndlessStackIsCut) {
    const AnonymousCode code(with_frame_pointer);
    const std::uint64_t behind_call = reinterpret_cast<std::uint64_t>(code.page) + 12;
    OwnStack endless;
    endless.start = {0x7000'0000'0000};
    endless.bytes.resize(1U << 20);
    std::vector<std::uint64_t> words(endless.bytes.size() / 8);
    for (std::size_t n = 0; n + 1 < words.size(); n += 2) {
        words[n] = endless.start.value + (n + 2) * 8;
        words[n + 1] = behind_call;
    }
    std::memcpy(endless.bytes.data(), words.data(), endless.bytes.size());
    constexpr std::size_t rbp = 4;
    constexpr std::size_t rip = 16;
    constexpr std::size_t rsp = 19;
    endless.registers.all[rbp] = endless.start.value + 160;
    endless.registers.all[rip] = behind_call;
    endless.registers.all[rsp] = endless.start.value + 160;
    const NativeStack stack = Own().read(endless);
    EXPECT_EQ(stack.frames.size(), 512U);
    EXPECT_FALSE(stack.complete);
    EXPECT_NE(stack.problem, "");
    // One whose frame pointer stays where it is.
    words[20] = endless.start.value + 160;
    std::memcpy(endless.bytes.data(), words.data(), endless.bytes.size());
    EXPECT_LE(Own().read(endless).frames.size(), 3U);
}

}  // namespace
}  // namespace subint_doctor::native
