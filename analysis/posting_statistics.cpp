// SPDX-License-Identifier: Apache-2.0
#include "analysis/posting_statistics.h"

#include <string_view>

namespace iommusim::analysis {
namespace {

/// 0: the unit counts nothing of this name.
std::uint64_t count_of(const iommu::Unit& unit, std::string_view name) {
  for (const iommu::Counter& counter : unit.counters())
    if (counter.name == name) return counter.value;
  return 0;
}

}  // namespace

timing::StatisticGroup posting_statistics(const platforms::Machine& machine) {
  timing::StatisticGroup all{"posted_interrupts", {}, {}};
  for (std::size_t i = 0; i < machine.iommu_count(); ++i) {
    const std::uint64_t posted = count_of(machine.iommu(i), "posted_interrupts");
    const std::uint64_t notified = count_of(machine.iommu(i), "notifications");
    if (posted == 0) continue;
    all.groups.push_back(
        {machine.name(machine.iommu_id(i)),
         {{"posted", "interrupts", "taken down in posted interrupt descriptors", posted},
          {"notified", "messages", "notifications that the unit sent to processors", notified},
          {"coalesced", "interrupts", "posted without a notification of their own", posted - notified}},
         {}});
  }
  return all;
}

}  // namespace iommusim::analysis
