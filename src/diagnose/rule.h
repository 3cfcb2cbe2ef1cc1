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

struct Rule {
    std::string_view code;  // kebab-case; the file name with hyphens
    std::string_view title;
    int rank = 0;  // among findings of one severity the lower comes first; a cause comes before its symptoms anyway
    void (*check)(const Case& seen, Conclusions& out) = nullptr;
    bool tells_of_signals = false;  // as Finding::tells_of_signals
};

// Every rule, in the order of their names. Written by CMake.
std::span<const Rule* const> all_rules();

}  // namespace subint_doctor::diagnose
