// SPDX-License-Identifier: Apache-2.0
// Counts of random requests and of those whose answer the specification leaves open.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace iommusim::support {

/// Requests whose answer the specification leaves open.
template <class Dispute>
class DisputeCounts {
 public:
  void count(Dispute dispute) { ++left_[dispute].out; }
  /// Of a request that was counted; `what` differs.
  void count_disagreement(Dispute dispute, const std::string& what) {
    Left& left = left_[dispute];
    ++left.disagreeing;
    if (left.example.empty()) left.example = what;
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [dispute, left] : left_)
      sum += left.out;
    return sum;
  }
  /// A line each. `texts`: by dispute, with its `question`.
  template <class Texts>
  std::string text(const Texts& texts) const {
    std::string text;
    for (const auto& [dispute, left] : left_)
      text += fmt::format("{:>10}  disputed ({} answered otherwise{}{}): {}\n", left.out, left.disagreeing,
                          left.example.empty() ? "" : ", as in ", left.example,
                          texts[static_cast<std::size_t>(dispute)].question);
    return text;
  }

 private:
  struct Left {
    std::uint64_t out = 0;
    std::uint64_t disagreeing = 0;
    std::string example;
  };
  std::map<Dispute, Left> left_;
};

/// How often `name` was counted.
template <class Key>
std::uint64_t count_of(const std::map<Key, std::uint64_t>& counts, const Key& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace iommusim::support
