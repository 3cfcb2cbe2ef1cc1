#include "merge_stacks.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "subint_doctor/cpython/glue.h"

namespace subint_doctor::capture {
namespace {

// The Python frames [first, end) of a state that one C frame runs.
struct Run {
    Address thread_state;
    Address shim;
    std::size_t first = 0;
    std::size_t end = 0;
};

std::vector<Run> runs_of(const ThreadState& state) {
    std::vector<Run> runs;
    std::size_t first = 0;
    for (const EvalCall& call : state.eval_calls) {
        runs.push_back({state.address, call.shim, first, first + call.frames});
        first += call.frames;
    }
    if (first < state.frames.size()) runs.push_back({state.address, {}, first, state.frames.size()});
    return runs;
}

class Merger {
public:
    Merger(NativeStack native, std::span<const ThreadState* const> states) {
        merged_.native = std::move(native);
        for (const ThreadState* state : states) {
            for (const Run& run : runs_of(*state)) runs_.push_back(run);
        }
    }

    MergedStack merge() && {
        const std::vector<NativeFrame>& frames = merged_.native.frames;
        for (std::size_t n = 0; n < frames.size();) {
            const std::size_t end = end_of_call(n);
            if (next_ < runs_.size() && frames[n].stack.contains(runs_[next_].shim)) {
                interpreter_ = frames[end - 1].library;
                add_python(runs_[next_++]);
            } else {
                for (std::size_t i = n; i < end; ++i) add_native(i);
            }
            n = end;
        }
        if (next_ < runs_.size() && !goes_on_beyond(runs_[next_])) return std::move(*this).one_after_the_other();
        while (next_ < runs_.size()) add_python(runs_[next_++]);
        return std::move(merged_);
    }

private:
    // One call and what was inlined into it share a piece of the stack.
    std::size_t end_of_call(std::size_t n) const {
        const std::vector<NativeFrame>& frames = merged_.native.frames;
        while (n < frames.size() && frames[n].inlined) ++n;
        return std::min(n + 1, frames.size());
    }

    // Where the C stack could not be followed so far.
    bool goes_on_beyond(const Run& run) const {
        const std::vector<NativeFrame>& frames = merged_.native.frames;
        if (merged_.native.complete || !run.shim) return false;
        return frames.empty() || run.shim >= frames.back().stack.start;
    }

    void add_python(const Run& run) {
        for (std::size_t i = run.first; i < run.end; ++i) merged_.frames.push_back({true, run.thread_state, i, false});
    }

    // Without a name the interpreter's own code says no more than the Python frames around it, nor does the start of a
    // thread.
    bool is_glue(const NativeFrame& frame) const {
        if (frame.function) return cpython::is_glue(*frame.function);
        return next_ == runs_.size() || (next_ > 0 && frame.library == interpreter_);
    }

    void add_native(std::size_t n) { merged_.frames.push_back({false, {}, n, is_glue(merged_.native.frames[n])}); }

    MergedStack one_after_the_other() && {
        merged_.frames.clear();
        next_ = 0;
        merged_.problem = "no C frame was found for some of the Python frames: they follow on all C frames";
        for (std::size_t n = 0; n < merged_.native.frames.size(); ++n) add_native(n);
        for (const Run& run : runs_) add_python(run);
        return std::move(merged_);
    }

    std::vector<Run> runs_;  // innermost first
    std::size_t next_ = 0;  // of runs_: the first that has no place yet
    std::optional<std::string> interpreter_;  // the library whose frames gave way
    MergedStack merged_;
};

}  // namespace

MergedStack merge_stacks(NativeStack native, std::span<const ThreadState* const> states) {
    return Merger(std::move(native), states).merge();
}

}  // namespace subint_doctor::capture
