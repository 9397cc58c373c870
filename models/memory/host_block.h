// SPDX-License-Identifier: Apache-2.0
// 2 MiB of the host's memory, all zero at first: what simulated memory is made of.
#pragma once

#include "base/address.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace iommusim::memory {

/// Address space only; the host makes those pages real that are touched.
class HostBlock {
 public:
  static constexpr std::size_t bytes = page_2m;

  /// Throws std::bad_alloc.
  HostBlock();

  std::uint8_t* data() const { return data_.get(); }
  /// Asks the host to make all of it real at once, which is cheaper than a page fault for each page. Not as one large
  /// page: to find one costs more than it saves where the host's memory is fragmented. A host that cannot does nothing.
  void make_real() const;

 private:
  struct Unmap {
    void operator()(std::uint8_t* first) const;
  };
  std::unique_ptr<std::uint8_t, Unmap> data_;
};

}  // namespace iommusim::memory
