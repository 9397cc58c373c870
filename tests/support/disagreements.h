// SPDX-License-Identifier: Apache-2.0
// A model answers many random requests, and a second reading of its specification says what is right: what the two
// answer otherwise, told so that each kind can be looked at by itself.
#pragma once

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace iommusim::support {

// What no dispute excuses.
constexpr std::string_view static_answer_differs = "decide() and translate() differ";
constexpr std::string_view static_answer_writes = "decide() wrote to memory";

inline bool is_inexcusable(std::string_view difference) {
  return difference == static_answer_differs || difference == static_answer_writes;
}

/// Whether decide() and translate() answered the same.
template <class Result>
bool is_same_answer(const Result& foreseen, const Result& found) {
  return foreseen.outcome == found.outcome && foreseen.fault_reason == found.fault_reason &&
         foreseen.address == found.address;
}

/// By kind: how often, and the first in full.
class Disagreements {
 public:
  std::size_t kinds() const { return disagreements_.size(); }
  /// `describe` makes the text of the first of its kind.
  template <class Describe>
  void report(const std::string& kind, Describe describe) {
    Disagreement& disagreement = disagreements_[kind];
    if (++disagreement.count == 1) disagreement.first = describe();
  }
  /// Fails when there is any, and prints them all.
  void check() const {
    for (const auto& [kind, disagreement] : disagreements_)
      std::cout << "DISAGREEMENT, " << disagreement.count << " times: " << kind << '\n' << disagreement.first << '\n';
    CHECK(disagreements_.empty());
  }

 private:
  struct Disagreement {
    std::uint64_t count = 0;
    std::string first;
  };
  std::map<std::string, Disagreement> disagreements_;
};

/// "\n    0x1000 STE: 0x1 absent": words of 8 bytes. `Memory` has word(address).
template <class Memory>
std::string words_text(const Memory& memory, std::uint64_t address, const char* name, unsigned words) {
  std::string text = fmt::format("\n    {:#x} {}:", address, name);
  for (unsigned word = 0; word < words; ++word) {
    const auto value = memory.word(address + 8 * word);
    text += value ? fmt::format(" {:#x}", *value) : " absent";
  }
  return text;
}

}  // namespace iommusim::support
