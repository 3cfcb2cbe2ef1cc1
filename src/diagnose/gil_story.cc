#include "gil_story.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

namespace subint_doctor::diagnose {
namespace {

// A waiter for a GIL wakes after each switch interval, sees that it is still taken and sleeps again (take_gil in
// Python/ceval_gil.c). That takes far less than this; a computation uses its slices of CPU time up.
constexpr std::uint64_t blink_ns = 250'000;
constexpr std::uint64_t fewest_blinks = 2;

const Gil* same_gil(const Look& look, Address address) {
    if (!look.snapshot->python) return nullptr;
    const std::vector<Gil>& gils = look.snapshot->python->gils;
    const auto found = std::find_if(gils.begin(), gils.end(), [&](const Gil& gil) { return gil.address == address; });
    return found == gils.end() ? nullptr : &*found;
}

const Thread* thread_in(const Look& look, int tid) {
    const auto found = look.threads.find(tid);
    return found == look.threads.end() ? nullptr : found->second;
}

const ThreadState* find_state(const Look& look, int tid, Address address) {
    const auto found = look.states.find(tid);
    if (found == look.states.end()) return nullptr;
    const auto state =
        std::find_if(found->second.begin(), found->second.end(), [&](const auto* s) { return s->address == address; });
    return state == found->second.end() ? nullptr : *state;
}

// Ready to run Python, but without a GIL.
bool is_awake_without_gil(const Look& look, int tid) {
    const Thread* thread = thread_in(look, tid);
    const auto states = look.states.find(tid);
    if (thread == nullptr || states == look.states.end()) return false;
    return (thread->state == 'R' || thread->on_cpu) && states->second.front()->status == ThreadStatus::detached;
}

bool ran_in_blinks(const std::vector<Look>& looks, int tid) {
    const Thread* before = thread_in(looks.front(), tid);
    const Thread* now = thread_in(looks.back(), tid);
    if (before == nullptr || now == nullptr || now->slices < before->slices + fewest_blinks) return false;
    return now->run_ns - std::min(now->run_ns, before->run_ns) < (now->slices - before->slices) * blink_ns;
}

using WaitersByGil = std::unordered_map<int, std::set<int>>;

// Waiters that no look met asleep on the GIL's futex: where many share one GIL they wake all at once. From 3.15 on the
// thread state itself says that it wants the GIL.
WaitersByGil waiters_by_their_states(const std::vector<Look>& looks) {
    WaitersByGil waiters;
    for (const Interpreter& interpreter : looks.back().snapshot->python->interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (!state.tid) continue;
            const int tid = *state.tid;
            if (looks.back().states.at(tid).front() != &state) continue;
            const bool awake = std::any_of(looks.begin(), looks.end(),
                                           [&](const Look& look) { return is_awake_without_gil(look, tid); });
            if (state.gil_requested == true || (awake && ran_in_blinks(looks, tid)))
                waiters[interpreter.gil].insert(tid);
        }
    }
    return waiters;
}

std::size_t count_wanting(const Look& look, const Gil& gil, const std::set<int>& waiters) {
    std::set<int> wanting(gil.waiters.begin(), gil.waiters.end());
    for (int tid : waiters) {
        if (is_awake_without_gil(look, tid)) wanting.insert(tid);
    }
    return wanting.size();
}

void find_waiters(const std::vector<Look>& looks, std::set<int> waiters, GilStory& story) {
    for (const Look& look : looks) {
        if (const Gil* then = same_gil(look, story.gil->address))
            waiters.insert(then->waiters.begin(), then->waiters.end());
    }
    if (story.holder) waiters.erase(*story.holder);
    story.fewest_waiters = waiters.size();
    for (const Look& look : looks) {
        if (const Gil* then = same_gil(look, story.gil->address))
            story.fewest_waiters = std::min(story.fewest_waiters, count_wanting(look, *then, waiters));
    }
    story.waiters.assign(waiters.begin(), waiters.end());
}

GilStory story_of(const std::vector<Look>& looks, const Gil& gil) {
    GilStory story{&gil, gil.holder_tid, nullptr, true, 0, {}, 0};
    for (const Look& look : looks) {
        const Gil* then = same_gil(look, gil.address);
        if (then == nullptr) continue;
        story.locked_in_all = story.locked_in_all && then->locked;
        story.switches = std::max(story.switches, gil.switch_number - std::min(gil.switch_number, then->switch_number));
        const bool same = then->locked && then->holder == gil.holder && then->switch_number == gil.switch_number;
        if (!same) story.holder.reset();
    }
    if (story.holder) story.holder_state = find_state(looks.back(), *story.holder, *gil.holder);
    if (story.holder_state == nullptr) story.holder.reset();
    return story;
}

}  // namespace

std::vector<GilStory> gil_stories(const std::vector<Look>& looks) {
    WaitersByGil waiters = waiters_by_their_states(looks);
    std::vector<GilStory> stories;
    for (const Gil& gil : looks.back().snapshot->python->gils) {
        stories.push_back(story_of(looks, gil));
        find_waiters(looks, std::move(waiters[gil.id]), stories.back());
    }
    return stories;
}

}  // namespace subint_doctor::diagnose
