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
  /// The page that holds `address` can be read only.
  void refuse_writes(PhysAddr address) {
    read_only_.push_back({address.aligned_down(page_4k), address.aligned_down(page_4k) + 0xFFF});
  }
  void repair() {
    holes_.clear();
    read_only_.clear();
  }

  bool read(PhysAddr address, void* to, std::size_t size) const override {
    return !touches(holes_, address, size) && behind_.read(address, to, size);
  }
  bool write(PhysAddr address, const void* from, std::size_t size) override {
    return !touches(holes_, address, size) && !touches(read_only_, address, size) && behind_.write(address, from, size);
  }

 private:
  static bool touches(const std::vector<Range<PhysAddr>>& holes, PhysAddr address, std::size_t size) {
    const auto touched = Range<PhysAddr>::from_size(address, size);
    if (!touched) return false;
    return std::any_of(holes.begin(), holes.end(), [&](const auto& hole) { return hole.overlaps(*touched); });
  }

  memory::PhysicalBus& behind_;
  std::vector<Range<PhysAddr>> holes_;
  std::vector<Range<PhysAddr>> read_only_;
};

}  // namespace iommusim::tests
