// SPDX-License-Identifier: Apache-2.0
// Cuts a DMA of any size into the requests that a function sends (PCIe base specification, 2.2.2 and 2.2.7).
#pragma once

#include "base/access.h"
#include "base/address.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace iommusim::pcie {

/// Bytes, powers of two from 128 to 4096.
struct TlpLimits {
  std::uint32_t max_payload = 128;
  std::uint32_t max_read_request = 512;
};

/// One request: at most as large as the limit, and within one 4 KiB page.
struct TlpPart {
  BusAddr address;
  std::uint32_t size = 0;
};

/// The requests of one DMA in ascending order, without allocation. Each but the first starts at a multiple of
/// the limit. See split_tlps().
class TlpSplit {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = TlpPart;
    using difference_type = std::ptrdiff_t;
    using pointer = const TlpPart*;
    using reference = TlpPart;

    TlpPart operator*() const { return {address_, length()}; }
    Iterator& operator++() {
      const std::uint32_t done = length();
      address_ += done;
      remaining_ -= done;
      at_end_ = remaining_ == 0;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.at_end_ == b.at_end_ && a.remaining_ == b.remaining_;
    }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    friend class TlpSplit;
    Iterator(BusAddr address, std::uint64_t remaining, std::uint32_t limit, bool at_end)
        : address_{address}, remaining_{remaining}, limit_{limit}, at_end_{at_end} {}

    std::uint32_t length() const {
      const std::uint64_t to_boundary = limit_ - address_.offset_in(limit_);
      return static_cast<std::uint32_t>(std::min(remaining_, to_boundary));
    }

    BusAddr address_;
    std::uint64_t remaining_;
    std::uint32_t limit_;
    /// A zero-length request is one request, so `remaining_` alone does not tell the end.
    bool at_end_;
  };

  TlpSplit(BusAddr address, std::uint64_t size, std::uint32_t limit) : address_{address}, size_{size}, limit_{limit} {}

  Iterator begin() const { return {address_, size_, limit_, false}; }
  Iterator end() const { return {address_ + size_, 0, limit_, true}; }

 private:
  BusAddr address_;
  std::uint64_t size_;
  std::uint32_t limit_;
};

/// for (const TlpPart& part : split_tlps(...)). A read is limited by what it asks for, everything else by
/// what it carries. Size 0 is one zero-length request.
inline TlpSplit split_tlps(Operation operation, BusAddr address, std::uint64_t size, const TlpLimits& limits) {
  const bool read = operation == Operation::read;
  return {address, size, read ? limits.max_read_request : limits.max_payload};
}

}  // namespace iommusim::pcie
