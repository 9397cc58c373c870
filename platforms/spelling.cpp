// SPDX-License-Identifier: Apache-2.0
#include "platforms/spelling.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace iommusim::platforms {
namespace {

char folded(char c) {
  return c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Optimal string alignment distance, one row per letter of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> row(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    row[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[i][j] = std::min({row[i - 1][j] + 1, row[i][j - 1] + 1, row[i - 1][j - 1] + (same ? 0u : 1u)});
      const bool swapped =
          i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
      if (swapped) row[i][j] = std::min(row[i][j], row[i - 2][j - 2] + 1);
    }
  return row[a.size()][b.size()];
}

}  // namespace

const std::string_view* closest_word(std::string_view word, const std::vector<std::string_view>& allowed) {
  // No word that is allowed is this long; the table would be.
  if (word.size() > 64) return nullptr;
  const std::string_view* best = nullptr;
  std::size_t best_distance = 0;
  for (const std::string_view& candidate : allowed) {
    const std::size_t d = distance(word, candidate);
    if (d > std::max<std::size_t>(1, candidate.size() / 3)) continue;
    if (best != nullptr && d >= best_distance) continue;
    best = &candidate;
    best_distance = d;
  }
  return best;
}

std::string list_words(const std::vector<std::string_view>& words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
    list += words[i];
  }
  return list;
}

std::string suggest_word(std::string_view word, const std::vector<std::string_view>& allowed) {
  const std::string_view* closest = closest_word(word, allowed);
  if (closest == nullptr) return list_words(allowed);
  return "'" + std::string{*closest} + "' (allowed: " + list_words(allowed) + ")";
}

}  // namespace iommusim::platforms
