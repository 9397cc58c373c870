// SPDX-License-Identifier: Apache-2.0
// A booted platform as Linux sees it: its IOMMU groups, their reserved regions, and the addresses that it believes
// usable. Nothing of this changes where an access lands.
#pragma once

#include "platforms/machine.h"
#include "platforms/operating_system.h"
#include "software/pci_hierarchy.h"
#include "software/reserved_regions.h"
#include "software/software_views.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace iommusim::analysis {

class LinuxView {
 public:
  /// Both must outlive it. Reads configuration space; control bits count as they are now.
  LinuxView(const platforms::Machine& machine, platforms::OperatingSystem& system);

  /// nullopt: no IOMMU is above the function, so it is in no group.
  std::optional<std::size_t> group_of(pcie::NodeIndex function) const;
  /// Ports included, in the order of discovery.
  std::vector<pcie::NodeIndex> members(std::size_t group) const;
  std::size_t group_count() const { return group_count_; }

  /// The group's file in sysfs: every member's regions.
  software::ReservedRegions reserved_regions(std::size_t group) const;
  /// The IDs that Linux gives the IOMMU for the function: its own and its aliases.
  std::vector<RequesterId> requester_ids(pcie::NodeIndex function) const;
  software::SoftwareViews views(pcie::NodeIndex function) const;
  /// Mappings of the function's domain, where that is a user's, to which VFIO would say EINVAL.
  std::vector<Range<Iova>> refused_by_vfio(pcie::NodeIndex function) const;

 private:
  static constexpr std::size_t not_listed = ~std::size_t{0};

  void list_functions(platforms::OperatingSystem& system);
  unsigned domain_bits(pcie::NodeIndex function) const;
  bool is_untranslated(pcie::NodeIndex function) const;
  std::vector<Range<Iova>> memory_on_bus(const pcie::HostBridge& bridge) const;
  const pcie::HostBridge& bridge_of(pcie::NodeIndex function) const;

  const platforms::Machine& machine_;
  const platforms::OperatingSystem& system_;
  software::PciHierarchy functions_;
  /// By index in functions_, and back by node index.
  std::vector<pcie::NodeIndex> nodes_;
  std::vector<std::size_t> index_of_node_;
  std::vector<std::size_t> groups_;
  std::size_t group_count_ = 0;
};

}  // namespace iommusim::analysis
