// SPDX-License-Identifier: Apache-2.0
// Cuts the answer to a read into completions (PCIe base specification, 2.3.1.1).
#pragma once

#include "base/address.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace iommusim::pcie {

struct CompletionLimits {
  /// Bytes, a power of two from 128 to 4096.
  std::uint32_t max_payload = 128;
  /// Every completion but the last ends at a multiple of it: 64 or 128 bytes.
  std::uint32_t read_completion_boundary = 64;
};

struct CompletionPart {
  BusAddr address;
  std::uint32_t size = 0;
  /// Byte Count: what is left of the read, this part included.
  std::uint32_t byte_count = 0;

  /// Lower Address: bits 6:0 of the first byte.
  constexpr std::uint8_t lower_address() const { return static_cast<std::uint8_t>(address.value() & 0x7F); }
};

/// The completions of one read in ascending order, each as large as the limits allow, without allocation. A zero-length
/// read has one.
class CompletionSplit {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = CompletionPart;
    using difference_type = std::ptrdiff_t;
    using pointer = const CompletionPart*;
    using reference = CompletionPart;

    constexpr CompletionPart operator*() const { return {address_, length(), remaining_}; }
    constexpr Iterator& operator++() {
      const std::uint32_t done = length();
      address_ += done;
      remaining_ -= done;
      at_end_ = remaining_ == 0;
      return *this;
    }
    friend constexpr bool operator==(const Iterator& a, const Iterator& b) {
      return a.at_end_ == b.at_end_ && a.remaining_ == b.remaining_;
    }
    friend constexpr bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    friend class CompletionSplit;
    constexpr Iterator(BusAddr address, std::uint32_t remaining, CompletionLimits limits, bool at_end)
        : address_{address}, remaining_{remaining}, limits_{limits}, at_end_{at_end} {}

    constexpr std::uint32_t length() const {
      if (remaining_ <= limits_.max_payload) return remaining_;
      const std::uint64_t over = (address_ + limits_.max_payload).offset_in(limits_.read_completion_boundary);
      return limits_.max_payload - static_cast<std::uint32_t>(over);
    }

    BusAddr address_;
    std::uint32_t remaining_;
    CompletionLimits limits_;
    /// A zero-length read is answered, so `remaining_` alone does not tell the end.
    bool at_end_;
  };

  constexpr CompletionSplit(BusAddr address, std::uint32_t size, CompletionLimits limits)
      : address_{address}, size_{size}, limits_{limits} {}

  constexpr Iterator begin() const { return {address_, size_, limits_, false}; }
  constexpr Iterator end() const { return {address_ + size_, 0, limits_, true}; }

 private:
  BusAddr address_;
  std::uint32_t size_;
  CompletionLimits limits_;
};

}  // namespace iommusim::pcie
