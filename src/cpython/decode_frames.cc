#include "decode_frames.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_set>

namespace subint_doctor::cpython {
namespace {

// enum _frameowner.
enum FrameOwner : std::uint8_t { owned_by_generator = 1, owned_by_interpreter = 3 };

// Include/internal/pycore_stackref.h.
constexpr std::uint64_t tag_bits = 3;

constexpr std::size_t usual_depth = 16;

void mix(std::uint64_t& hash, Address address) {
    constexpr std::uint64_t fnv_prime = 0x100000001b3;
    hash = (hash ^ address.value) * fnv_prime;
}

// What follows the first repeat of a circle is noise.
void show_circle_once(RawStack& stack) {
    std::unordered_set<Address> seen;
    std::erase_if(stack.frames, [&](const RawFrame& frame) { return !seen.insert(frame.address).second; });
}

Address object_in_frame(const StructReader& structs, Address reference) {
    switch (structs.layout().shapes().frame) {
        case FrameShape::pointers:
            break;
        case FrameShape::tagged:
            return {reference.value & ~tag_bits};
    }
    return reference;
}

struct Link {
    RawFrame frame;
    Address previous;
    std::uint8_t owner = 0;
};

Result<Link> read_link(const StructReader& structs, Address address) {
    StructView view(structs, address);
    Link link;
    link.frame.address = address;
    link.frame.executable = object_in_frame(structs, view.pointer(Field::frame_executable));
    link.frame.instruction = view.pointer(Field::frame_instr_ptr);
    link.previous = view.pointer(Field::frame_previous);
    link.owner = view.get<std::uint8_t>(Field::frame_owner);
    link.frame.in_generator = link.owner == owned_by_generator;
    link.frame.first_local = object_in_frame(structs, view.pointer(Field::frame_localsplus));
    if (view.error()) return *view.error();
    return link;
}

void add_link(const Link& link, RawStack& stack) {
    mix(stack.state.frames_fingerprint, link.frame.address);
    mix(stack.state.frames_fingerprint, link.frame.executable);
    mix(stack.state.frames_fingerprint, link.frame.instruction);
    if (link.owner != owned_by_interpreter) {
        stack.frames.push_back(link.frame);
        stack.frames.back().shim = static_cast<std::uint32_t>(stack.shims.size());
        return;
    }
    stack.shims.push_back(link.frame.address);
    if (!stack.state.stack_anchor || link.frame.address < stack.state.stack_anchor) {
        stack.state.stack_anchor = link.frame.address;
    }
}

bool at_end(const FrameWalk& walk) { return !walk.next || walk.next == walk.base_frame; }

bool is_back_where_it_was(FrameWalk& walk) {
    if (walk.taken > 0 && walk.next == walk.passed) return true;
    if (std::has_single_bit(walk.taken + 1)) walk.passed = walk.next;
    return false;
}

// Takes one frame, if nothing stands against it; else says why.
bool take_frame(const StructReader& structs, FrameWalk& walk, std::size_t& budget) {
    ThreadState& state = walk.stack->state;
    if (is_back_where_it_was(walk)) {
        state.frames_problem = "the list of frames goes in circles";
        show_circle_once(*walk.stack);
        return false;
    }
    if (walk.taken == max_frames_per_thread || budget == 0) {
        state.frames_problem = "more than " + std::to_string(walk.taken) + " frames";
        return false;
    }
    const Result<Link> link = read_link(structs, walk.next);
    if (!link) {
        state.frames_problem = describe(link.error());
        return false;
    }
    ++walk.taken;
    --budget;
    add_link(*link, *walk.stack);
    walk.next = link->previous;
    if (!walk.next && link->frame.in_generator) {
        // A suspended generator has no caller, and one that runs has: it was left between two reads.
        state.frames_problem = "the innermost generator was left meanwhile";
        return false;
    }
    return true;
}

// Returns whether more is left that asks for a read of the patient.
bool walk_what_is_here(const StructReader& structs, FrameWalk& walk, std::size_t& budget) {
    const std::uint64_t frame_size = structs.number(Field::frame_size, 1);
    do {
        if (!take_frame(structs, walk, budget)) return false;
    } while (!at_end(walk) && structs.memory().holds({walk.next, frame_size}));
    walk.stack->state.frames_complete = at_end(walk);
    return !walk.stack->state.frames_complete;
}

}  // namespace

void walk_frames(const StructReader& structs, std::span<FrameWalk> walks, std::size_t& budget) {
    constexpr std::uint64_t fnv_offset_basis = 0xcbf29ce484222325;
    std::vector<FrameWalk*> pending;
    for (FrameWalk& walk : walks) {
        walk.stack->state.frames_fingerprint = fnv_offset_basis;
        walk.stack->state.frames_complete = at_end(walk);
        if (at_end(walk)) continue;
        walk.stack->frames.reserve(usual_depth);
        pending.push_back(&walk);
    }
    while (!pending.empty()) {
        std::vector<AddressRange> ranges;
        ranges.reserve(pending.size());
        for (const FrameWalk* walk : pending) ranges.push_back({walk->next, structs.number(Field::frame_size, 1)});
        structs.memory().preload(ranges);
        std::erase_if(pending, [&](FrameWalk* walk) { return !walk_what_is_here(structs, *walk, budget); });
    }
}

DescribedFrames describe_frames(const RawStack& raw, CodeTable& codes, ThreadState& state) {
    state.frames.reserve(raw.frames.size());
    DescribedFrames described;
    for (const Address shim : raw.shims) state.eval_calls.push_back({shim});
    for (const RawFrame& frame : raw.frames) {
        const Result<RunnableCode*> code = codes.find(frame.executable);
        if (!code) {
            state.frames_complete = false;
            state.frames_problem = describe(code.error());
            continue;
        }
        RunnableCode& runnable = **code;
        // Mirrors: _PyFrame_IsIncomplete.
        const bool begun = frame.in_generator || frame.instruction >= runnable.first_traceable;
        if (!runnable.index || !begun) continue;
        const SourceLocation location = codes.locate(runnable, frame.instruction);
        state.frames.push_back({*runnable.index, location.line, location.column});
        if (frame.shim < state.eval_calls.size()) ++state.eval_calls[frame.shim].frames;
        if (described.innermost == nullptr) described.innermost = &frame;
        described.outermost = &frame;
    }
    return described;
}

}  // namespace subint_doctor::cpython
