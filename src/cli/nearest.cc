#include "nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace subint_doctor::cli {
namespace {

constexpr std::size_t longest_word = 100;  // nobody means a known word by a longer one
constexpr std::size_t shortest_beginning = 4;

// Levenshtein's, one row at a time.
std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known) {
    if (wrong.size() > longest_word) return {};
    std::string_view best;
    std::size_t best_distance = wrong.size() / 2 + 1;
    for (const std::string_view word : known) {
        const bool is_its_beginning = wrong.size() >= shortest_beginning && word.starts_with(wrong);
        const std::size_t distance = is_its_beginning ? 1 : edit_distance(wrong, word);
        if (distance >= best_distance) continue;
        best = word;
        best_distance = distance;
    }
    return best;
}

}  // namespace subint_doctor::cli
