#include "decode_frames.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace subint_doctor::cpython {
namespace {

// enum _frameowner.
enum FrameOwner : std::uint8_t { owned_by_generator = 1, owned_by_interpreter = 3 };

// Include/internal/pycore_stackref.h: tags of a reference on the stack, 3.14 and later; pointers are aligned in 3.13 too.
constexpr std::uint64_t tag_bits = 3;

constexpr std::size_t usual_depth = 16;

void mix(std::uint64_t& hash, Address address) {
    constexpr std::uint64_t fnv_prime = 0x100000001b3;
    hash = (hash ^ address.value) * fnv_prime;
}

// A list that is longer than we walk either is so or goes in circles; then what follows the first repeat is noise.
void explain_length(FrameChain& chain, const std::vector<Address>& walked) {
    std::unordered_set<Address> seen;
    const auto repeat =
        std::find_if(walked.begin(), walked.end(), [&](Address address) { return !seen.insert(address).second; });
    if (repeat == walked.end()) {
        chain.problem = "more than " + std::to_string(walked.size()) + " frames";
        return;
    }
    chain.problem = "the list of frames goes in circles";
    std::unordered_set<Address> kept;
    std::erase_if(chain.frames, [&](const RawFrame& frame) { return !kept.insert(frame.address).second; });
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
    link.frame.executable = {view.pointer(Field::frame_executable).value & ~tag_bits};
    link.frame.instruction = view.pointer(Field::frame_instr_ptr);
    link.previous = view.pointer(Field::frame_previous);
    link.owner = view.get<std::uint8_t>(Field::frame_owner);
    link.frame.in_generator = link.owner == owned_by_generator;
    if (view.error()) return *view.error();
    return link;
}

void add_link(const Link& link, FrameChain& chain) {
    mix(chain.fingerprint, link.frame.address);
    mix(chain.fingerprint, link.frame.executable);
    mix(chain.fingerprint, link.frame.instruction);
    if (link.owner != owned_by_interpreter) {
        chain.frames.push_back(link.frame);
    } else if (!chain.stack_anchor || link.frame.address < chain.stack_anchor) {
        chain.stack_anchor = link.frame.address;
    }
}

bool at_end(const FrameWalk& walk) { return !walk.next || walk.next == walk.base_frame; }

// Takes one frame, if nothing stands against it; else says why in the chain.
bool take_frame(const StructReader& structs, FrameWalk& walk, std::size_t& budget) {
    if (walk.walked.size() == max_frames_per_thread || budget == 0) {
        explain_length(walk.chain, walk.walked);
        return false;
    }
    const Result<Link> link = read_link(structs, walk.next);
    if (!link) {
        walk.chain.problem = describe(link.error());
        return false;
    }
    walk.walked.push_back(walk.next);
    --budget;
    add_link(*link, walk.chain);
    walk.next = link->previous;
    return true;
}

// Returns whether more is left that asks for a read of the patient.
bool walk_what_is_here(const StructReader& structs, FrameWalk& walk, std::size_t& budget) {
    const std::uint64_t frame_size = structs.number(Field::frame_size, 1);
    do {
        if (!take_frame(structs, walk, budget)) return false;
    } while (!at_end(walk) && structs.memory().holds({walk.next, frame_size}));
    walk.chain.complete = at_end(walk);
    return !walk.chain.complete;
}

}  // namespace

std::vector<FrameChain> walk_frames(const StructReader& structs, std::vector<FrameWalk> walks) {
    constexpr std::uint64_t fnv_offset_basis = 0xcbf29ce484222325;
    std::size_t budget = max_frames;
    std::vector<FrameWalk*> pending;
    for (FrameWalk& walk : walks) {
        walk.walked.reserve(usual_depth);
        walk.chain.frames.reserve(usual_depth);
        walk.chain.fingerprint = fnv_offset_basis;
        walk.chain.complete = at_end(walk);
        if (!walk.chain.complete) pending.push_back(&walk);
    }
    while (!pending.empty()) {
        std::vector<AddressRange> ranges;
        ranges.reserve(pending.size());
        for (const FrameWalk* walk : pending) ranges.push_back({walk->next, structs.number(Field::frame_size, 1)});
        structs.memory().preload(ranges);
        std::erase_if(pending, [&](FrameWalk* walk) { return !walk_what_is_here(structs, *walk, budget); });
    }
    std::vector<FrameChain> chains;
    chains.reserve(walks.size());
    for (FrameWalk& walk : walks) chains.push_back(std::move(walk.chain));
    return chains;
}

Address describe_frames(const FrameChain& chain, CodeTable& codes, ThreadState& state) {
    state.stack_anchor = chain.stack_anchor;
    state.frames_complete = chain.complete;
    state.frames_fingerprint = chain.fingerprint;
    state.frames_problem = chain.problem;
    state.frames.reserve(chain.frames.size());
    Address outermost;
    for (const RawFrame& frame : chain.frames) {
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
        outermost = frame.address;
    }
    return outermost;
}

}  // namespace subint_doctor::cpython
