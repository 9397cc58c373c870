// SPDX-License-Identifier: Apache-2.0
// What the random images covered, so that a reader sees what the agreement is worth.
#pragma once

#include "conformance/smmuv3_random/request.h"
#include "support/dispute_counts.h"

#include <cstdint>
#include <map>
#include <string>

namespace iommusim::tests::smmu {

class Statistics {
 public:
  void count_image(bool corrupted);
  void count(bool enabled, const ChosenRequest& chosen, const oracle::smmuv3::Answer& expected);
  /// Of a disputed request; `what` differs.
  void count_disagreement(const oracle::smmuv3::Answer& expected, const std::string& what) {
    disputed_.count_disagreement(expected.dispute, what);
  }

  std::uint64_t requests() const { return requests_; }
  std::uint64_t disputed() const { return disputed_.total(); }
  /// Requests of an outcome, or to a configuration, as text() names it.
  std::uint64_t outcome(const std::string& name) const;
  std::uint64_t mode(const std::string& name) const;
  /// Ended by this event, recorded or not; the stage and class of a fault as text() names them.
  std::uint64_t event(unsigned code) const;
  std::uint64_t place(const std::string& name) const;
  std::uint64_t updating() const { return updating_; }
  std::uint64_t unrecorded() const { return unrecorded_; }
  /// Tables: by configuration, outcome, event, place of the fault, left out as disputed.
  std::string text() const;

 private:
  std::uint64_t images_ = 0;
  std::uint64_t corrupted_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t recorded_ = 0;
  std::uint64_t unrecorded_ = 0;
  std::uint64_t updating_ = 0;
  std::map<std::string, std::uint64_t> by_mode_;
  std::map<std::string, std::uint64_t> by_outcome_;
  std::map<std::string, std::uint64_t> by_place_;
  std::map<unsigned, std::uint64_t> by_event_;
  support::DisputeCounts<oracle::smmuv3::Dispute> disputed_;
};

}  // namespace iommusim::tests::smmu
