// What became of each GIL between the looks.
#pragma once

#include <vector>

#include "case.h"

namespace subint_doctor::diagnose {

// One story for each GIL of the last look, in its order. `looks` must not be empty, and the last one must have Python.
std::vector<GilStory> gil_stories(const std::vector<Look>& looks);

}  // namespace subint_doctor::diagnose
