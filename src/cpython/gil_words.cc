#include "gil_words.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "thread_state_words.h"

namespace subint_doctor::cpython {
namespace {

// What is read of the GIL each time.
struct GilWords {
    std::uint64_t interval = 0;
    std::uint64_t last_holder = 0;
    std::uint64_t switch_number = 0;
    std::int32_t locked = 0;
};

// A thread state that may hold it.
struct Candidate {
    ThreadState* state = nullptr;
    ThreadStateWords words;
};

class Reading {
public:
    explicit Reading(const Layout& layout) : layout_(layout) {}

    // A field that the layout does not know keeps its value.
    template <typename T>
    void add(Address structure, Field field, T& value) {
        const std::optional<std::uint64_t> offset = layout_.offset(field);
        if (offset) requests_.push_back({structure + *offset, std::as_writable_bytes(std::span<T, 1>(&value, 1))});
    }

    void add(Address state, ThreadStateWords& words) {
        add(state, Field::thread_state_status, words.status);
        add(state, Field::thread_state_holds_gil, words.holds_gil);
        add(state, Field::thread_state_gil_requested, words.gil_requested);
        add(state, Field::thread_state_state, words.state);
        add(state, Field::thread_state_eval_breaker, words.eval_breaker);
    }

    Status read(const BlockCache& memory) {
        memory.read_uncached(requests_);
        for (const ReadRequest& request : requests_) {
            if (request.done < request.into.size()) {
                return Error{ErrorCode::unreadable, "reading who holds the GIL", request.from};
            }
        }
        return Done{};
    }

private:
    const Layout& layout_;
    std::vector<ReadRequest> requests_;
};

class Settling {
public:
    Settling(const StructReader& structs, std::span<ThreadState* const> states, Gil& gil)
        : structs_(structs), states_(states), gil_(gil) {
        for (ThreadState* state : states) by_address_[state->address] = state;
    }

    Status settle() {
        Status status = Done{};
        for (int n = 0; n < readings_of_a_gil; ++n) {
            choose_candidates();
            status = read();
            if (!status.ok()) continue;
            take_over();
            if (agrees()) return Done{};
            if (changes_hands()) {
                status = Done{};
                continue;
            }
            status = Error{ErrorCode::corrupt, "its words contradict each other", gil_.address};
        }
        if (status.ok()) gil_.holder.reset();
        return status;
    }

private:
    const Layout& layout() const { return structs_.layout(); }

    // Whoever seemed to hold it before, and whom the GIL itself names.
    void choose_candidates() {
        candidates_.clear();
        for (ThreadState* state : states_) {
            if (state->holds_gil || state->address == gil_.last_holder) candidates_.push_back({state, {}});
        }
    }

    Status read() {
        Reading reading(layout());
        words_ = {};
        reading.add(gil_.address, Field::gil_locked, words_.locked);
        reading.add(gil_.address, Field::gil_last_holder, words_.last_holder);
        reading.add(gil_.address, Field::gil_switch_number, words_.switch_number);
        reading.add(gil_.address, Field::gil_interval, words_.interval);
        for (Candidate& candidate : candidates_) reading.add(candidate.state->address, candidate.words);
        return reading.read(structs_.memory());
    }

    void take_over() {
        for (ThreadState* state : states_) state->holds_gil = false;
        for (const Candidate& candidate : candidates_) apply(layout(), candidate.words, *candidate.state);
        gil_.locked = words_.locked == 1;
        gil_.last_holder = {words_.last_holder};
        gil_.switch_number = words_.switch_number;
        gil_.switch_interval_us = words_.interval;
        gil_.holder.reset();
        const auto last = by_address_.find(gil_.last_holder);
        gil_.last_holder_alive = last != by_address_.end();
        gil_.drop_requested = gil_.last_holder_alive && (last->second->eval_breaker & gil_drop_request) != 0;
        if (!gil_.locked || !gil_.last_holder_alive) return;
        gil_.holder = gil_.last_holder;
        // Where no flag is known, the GIL's word must do.
        if (!knows_holders(layout())) last->second->holds_gil = true;
    }

    // Locked: by the one whom it names, and by nobody else. Unlocked: by nobody.
    bool agrees() const {
        const auto holders = std::ranges::count_if(states_, [](const ThreadState* state) { return state->holds_gil; });
        if (!gil_.locked) return holders == 0;
        const auto last = by_address_.find(gil_.last_holder);
        return holders == 1 && last != by_address_.end() && last->second->holds_gil;
    }

    // Between the stores of take_gil (locked, last_holder, then the flag) or of drop_gil (locked, then the flag). A thread
    // that has lost its CPU there is met in it again and again.
    bool changes_hands() const {
        const auto holders = std::ranges::count_if(states_, [](const ThreadState* state) { return state->holds_gil; });
        if (gil_.locked) return holders == 0 && gil_.last_holder_alive;
        const auto last = by_address_.find(gil_.last_holder);
        return holders == 1 && last != by_address_.end() && last->second->holds_gil;
    }

    const StructReader& structs_;
    std::span<ThreadState* const> states_;
    Gil& gil_;
    std::unordered_map<Address, ThreadState*> by_address_;
    std::vector<Candidate> candidates_;
    GilWords words_;
};

}  // namespace

Status settle_gil(const StructReader& structs, std::span<ThreadState* const> states, Gil& gil) {
    Status status = Settling(structs, states, gil).settle();
    // Whatever was read last, one answer is given everywhere.
    for (ThreadState* state : states) state->holds_gil = gil.holder == state->address;
    return status;
}

}  // namespace subint_doctor::cpython
