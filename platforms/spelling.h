// SPDX-License-Identifier: Apache-2.0
// Which of the allowed words someone probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iommusim::platforms {

/// The word with the fewest inserted, deleted, replaced or swapped letters (at most a third of its length, at
/// least one); nullptr when none is that near. Case and the difference between '-' and '_' do not count.
const std::string_view* closest_word(std::string_view word, const std::vector<std::string_view>& allowed);

/// "a, b or c".
std::string list_words(const std::vector<std::string_view>& words);

/// What is allowed instead of `word`, the closest first: "'name' (allowed: name, base or size)".
std::string suggest_word(std::string_view word, const std::vector<std::string_view>& allowed);

}  // namespace iommusim::platforms
