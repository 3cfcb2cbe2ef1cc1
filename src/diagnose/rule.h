// One hang class. A rule is a pure function of what was seen; it adds a finding, or a gap naming the fact that it
// lacked, or nothing.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "case.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::diagnose {

struct Conclusions {
    std::vector<Finding> findings;  // code and title are filled in by diagnose()
    std::vector<Gap> missing;  // what a rule needed and was not read: its answer is "unknown"
};

// Among findings of one severity the lower band comes first, within a band the order of the codes; a cause comes before
// its symptoms anyway.
enum class Band {
    stopped,  // nothing can run
    gil,  // who keeps others from running Python
    waits,  // waits that nobody can end
    signals,  // handlers that do not run, and why
    loops,  // runs on and on
    leftovers,  // what goes on unawaited
    ctrl_c,  // why Ctrl-C does not work, which is no hang
    notes,
};

struct Rule {
    std::string_view code;  // kebab-case; the file name with hyphens
    std::string_view title;
    Band band = Band::notes;
    void (*check)(const Case& seen, Conclusions& out) = nullptr;
    bool tells_of_signals = false;  // as Finding::tells_of_signals
};

// Every rule, in the order of their names. Written by CMake.
std::span<const Rule* const> all_rules();

}  // namespace subint_doctor::diagnose
