// SPDX-License-Identifier: Apache-2.0
// Transactions that wait for software to say what is to become of them (SMMUv3 architecture, 3.12.2).
#pragma once

#include "iommu/stall_verdict.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::smmuv3 {

/// What becomes of a stalled transaction: it is asked anew as if it had just arrived, aborted, or ended without an
/// error (a read gives zeros, a write goes nowhere).
using iommu::StallVerdict;

class Stalls {
 public:
  /// Of a transaction for which there was no place: its verdict is `retry`, when there is one.
  static constexpr std::uint32_t no_tag = ~std::uint32_t{0};

  /// `most`: IDR5.STALL_MAX.
  explicit Stalls(unsigned most) : entries_(most) {}

  /// Takes a tag (STAG) for a transaction of `stream`, or no_tag. The record that tells it to software follows.
  std::uint32_t begin(std::uint32_t stream);
  /// The record could not be written: software does not know of the stall, so the transaction is to be asked again.
  void set_unrecorded(std::uint32_t tag);
  /// The event queue became writable.
  void retry_unrecorded();

  /// CMD_RESUME. What was not recorded, or has a verdict already, is not concerned.
  void resume(std::uint32_t stream, std::uint16_t tag, StallVerdict verdict);
  /// CMD_STALL_TERM.
  void terminate(std::uint32_t stream);
  /// SMMUEN turned 0.
  void terminate_all();

  /// The verdict, once: the tag is free then. nullopt: there is none yet.
  std::optional<StallVerdict> take(std::uint32_t tag);
  /// How many have a tag.
  std::size_t in_use() const { return in_use_; }
  bool any_unrecorded() const { return unrecorded_ != 0; }

 private:
  enum class State : std::uint8_t { free, waiting, unrecorded, decided };
  struct Entry {
    std::uint32_t stream = 0;
    State state = State::free;
    StallVerdict verdict = StallVerdict::retry;
  };

  void decide(Entry& entry, StallVerdict verdict);

  std::vector<Entry> entries_;
  std::size_t in_use_ = 0;
  std::size_t unrecorded_ = 0;
  /// Where the search for a free tag begins: the last one that was freed is taken last.
  std::size_t next_ = 0;
};

}  // namespace iommusim::smmuv3
