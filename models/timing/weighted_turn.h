// SPDX-License-Identifier: Apache-2.0
// Weighted round robin (PCIe base specification, 6.3.3.2 and 6.3.3.3).
#pragma once

#include <cstddef>
#include <vector>

namespace iommusim::timing {

/// Each may go as often as its weight says before it is the next one's turn. Who cannot go loses its turn.
class WeightedTurn {
 public:
  void add(unsigned weight) { weights_.push_back(weight); }
  std::size_t size() const { return weights_.size(); }

  /// Asks each from the one whose turn it is; the first for which `tries_to_go` is true has gone. False: none has.
  template <class TriesToGo>
  bool take(TriesToGo&& tries_to_go) {
    for (std::size_t i = 0, at = turn_; i < weights_.size(); ++i, at = after(at)) {
      if (!tries_to_go(at)) continue;
      used_ = i == 0 ? used_ + 1 : 1;
      turn_ = at;
      if (used_ >= weights_[at]) {
        turn_ = after(at);
        used_ = 0;
      }
      return true;
    }
    return false;
  }

 private:
  std::size_t after(std::size_t at) const { return at + 1 == weights_.size() ? 0 : at + 1; }

  std::vector<unsigned> weights_;
  std::size_t turn_ = 0;
  unsigned used_ = 0;
};

}  // namespace iommusim::timing
