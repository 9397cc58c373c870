// SPDX-License-Identifier: Apache-2.0
// What the random images covered, so that a reader sees what the agreement is worth.
#pragma once

#include "conformance/vtd_random/request.h"
#include "support/dispute_counts.h"

#include <cstdint>
#include <map>
#include <string>

namespace iommusim::tests {

class Statistics {
 public:
  void count_image(bool corrupted);
  void count(const std::string& mode, const ChosenRequest& chosen, const oracle::vtd::Answer& expected);
  /// Of a disputed request; `what` differs.
  void count_disagreement(const oracle::vtd::Answer& expected, const std::string& what) {
    disputed_.count_disagreement(expected.dispute, what);
  }

  std::uint64_t requests() const { return requests_; }
  std::uint64_t disputed() const { return disputed_.total(); }
  /// Requests of an outcome as text() names it.
  std::uint64_t outcome(const std::string& name) const;
  std::uint64_t reasons_seen() const { return by_reason_.size(); }
  /// Faults of a reason, whether they are recorded or not.
  std::uint64_t reason(unsigned reason) const;
  /// Faults that FPD keeps out of the record.
  std::uint64_t suppressed() const { return suppressed_; }
  /// Tables: by mode, by outcome, by fault reason, left out as disputed.
  std::string text() const;

 private:
  std::uint64_t images_ = 0;
  std::uint64_t corrupted_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t recorded_ = 0;
  std::uint64_t suppressed_ = 0;
  std::uint64_t updating_ = 0;
  std::map<std::string, std::uint64_t> by_mode_;
  std::map<std::string, std::uint64_t> by_outcome_;
  std::map<unsigned, std::uint64_t> by_reason_;
  support::DisputeCounts<oracle::vtd::Dispute> disputed_;
};

/// "legacy", "nested", …: what the request was sent to.
std::string mode_of(const Image& image, const ChosenRequest& chosen, bool translation_enabled);

}  // namespace iommusim::tests
