// SPDX-License-Identifier: Apache-2.0
// Memory with holes that a test opens and closes: accesses that touch a hole answer an access error.
#pragma once

#include "base/range.h"
#include "memory/physical_bus.h"

#include <algorithm>
#include <vector>

namespace iommusim::tests {

class FailingBus final : public memory::PhysicalBus {
 public:
  /// `behind` answers everything that no hole covers; it must outlive the bus.
  explicit FailingBus(memory::PhysicalBus& behind) : behind_{behind} {}

  void fail_at(const Range<PhysAddr>& hole) { holes_.push_back(hole); }
  /// The 4 KiB page that holds `address`.
  void fail_page(PhysAddr address) { fail_at({address.aligned_down(page_4k), address.aligned_down(page_4k) + 0xFFF}); }
  void repair() { holes_.clear(); }

  bool read(PhysAddr address, void* to, std::size_t size) const override {
    return !in_hole(address, size) && behind_.read(address, to, size);
  }
  bool write(PhysAddr address, const void* from, std::size_t size) override {
    return !in_hole(address, size) && behind_.write(address, from, size);
  }

 private:
  bool in_hole(PhysAddr address, std::size_t size) const {
    const auto touched = Range<PhysAddr>::from_size(address, size);
    if (!touched) return false;
    return std::any_of(holes_.begin(), holes_.end(), [&](const auto& hole) { return hole.overlaps(*touched); });
  }

  memory::PhysicalBus& behind_;
  std::vector<Range<PhysAddr>> holes_;
};

}  // namespace iommusim::tests
