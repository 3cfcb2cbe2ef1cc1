// "did you mean ...?"
#pragma once

#include <string_view>
#include <vector>

namespace subint_doctor::cli {

// The one of `known` that `wrong` is most like (edit distance); empty when none is near.
std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known);

}  // namespace subint_doctor::cli
