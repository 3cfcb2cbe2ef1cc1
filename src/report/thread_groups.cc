#include "thread_groups.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "subint_doctor/model/wait_text.h"

namespace subint_doctor::report {
namespace {

std::size_t mix(std::size_t hash, std::size_t value) { return (hash ^ value) * 0x9e3779b97f4a7c15U + (hash >> 29); }

// Glue differs with the way of a call, not with what the thread does.
std::size_t mix_c_frames(std::size_t hash, const MergedStack& merged) {
    for (const MergedFrame& place : merged.frames) {
        if (place.python || place.glue) continue;
        const NativeFrame& frame = merged.native.frames[place.frame];
        hash = mix(hash, std::hash<std::string>{}(frame.function.value_or("")));
        if (!frame.function) hash = mix(hash, frame.library_offset.value_or(frame.address.value));
    }
    return hash;
}

std::size_t fingerprint(const Thread& thread, const std::vector<const ThreadState*>* states, bool holds,
                        CodeTexts& codes) {
    std::size_t hash = mix(static_cast<std::size_t>(thread.wait.kind), holds ? 1 : 0);
    hash = mix(hash, thread.moved ? 1 : 0);
    if (thread.merged) hash = mix_c_frames(hash, *thread.merged);
    if (states == nullptr) return mix(hash, std::hash<std::string>{}(describe_wait(thread)));
    for (const ThreadState* state : *states) {
        hash = mix(hash, state->frames.size());
        hash = mix(hash, state->frames_complete ? 1 : 0);
        for (const Frame& frame : state->frames) {
            hash = mix(hash, codes.of(frame).identity + static_cast<std::size_t>(frame.line.value_or(0)));
        }
    }
    return hash;
}

std::unordered_set<int> gil_holders(const Snapshot& look) {
    std::unordered_set<int> holders;
    if (!look.python) return holders;
    for (const Gil& gil : look.python->gils) {
        if (gil.holder_tid) holders.insert(*gil.holder_tid);
    }
    return holders;
}

}  // namespace

std::vector<ThreadGroup> group_threads(const Snapshot& look, const StatesByTid& states, CodeTexts& codes) {
    const std::unordered_set<int> holders = gil_holders(look);
    const std::optional<int> main_tid = look.python ? look.python->main_tid : std::nullopt;
    std::vector<ThreadGroup> groups;
    std::unordered_map<std::size_t, std::size_t> index_of;
    for (const Thread& thread : look.threads) {
        const auto nested = states.find(thread.tid);
        const std::size_t key = fingerprint(thread, nested == states.end() ? nullptr : &nested->second,
                                            holders.contains(thread.tid), codes);
        const auto [entry, is_new] = index_of.try_emplace(key, groups.size());
        if (is_new) {
            groups.push_back({&thread, {}});
        } else {
            groups[entry->second].same.push_back(&thread);
        }
    }
    const auto rank = [&](const ThreadGroup& group) {
        if (group.shown->is_process_leader || group.shown->tid == main_tid) return 0;
        return holders.contains(group.shown->tid) ? 1 : 2;
    };
    std::stable_sort(groups.begin(), groups.end(),
                     [&](const ThreadGroup& a, const ThreadGroup& b) { return rank(a) < rank(b); });
    return groups;
}

std::vector<int> gils_held_by(const Snapshot& look, int tid) {
    std::vector<int> ids;
    if (!look.python) return ids;
    for (const Gil& gil : look.python->gils) {
        if (gil.holder_tid == tid) ids.push_back(gil.id);
    }
    return ids;
}

}  // namespace subint_doctor::report
