// SPDX-License-Identifier: Apache-2.0
#include "software/iommu_groups.h"

#include "software/acs_isolation.h"
#include "software/dma_aliases.h"

#include <algorithm>
#include <optional>
#include <set>

namespace iommusim::software {
namespace {

using Group = std::optional<std::size_t>;

/// Gives each device a group while those before it have theirs. The order of the searches is the policy.
class Formation {
 public:
  explicit Formation(const PciHierarchy& devices) : devices_{devices}, groups_(devices.size()) {}

  std::vector<std::size_t> form() {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      groups_[i] = group_of(i);
      numbers.push_back(*groups_[i]);
    }
    return numbers;
  }

 private:
  std::size_t group_of(std::size_t device) {
    std::size_t working = device;
    if (const Group group = along_aliases(working)) return *group;
    if (const Group group = up_to_isolation(working)) return *group;
    std::set<std::size_t> visited;
    if (const Group group = of_bus_aliases(working, visited)) return *group;
    if (const Group group = of_slot(working, visited)) return *group;
    return next_++;
  }

  /// Bridges that replace the requester ID make everything below them one.
  Group along_aliases(std::size_t& working) const {
    for (const DmaAlias& alias : dma_aliases(devices_, working)) {
      working = alias.owner;
      if (groups_[working]) return groups_[working];
    }
    return std::nullopt;
  }

  /// Up to the first bridge from which on everything isolates.
  Group up_to_isolation(std::size_t& working) const {
    for (auto bridge = devices_[working].bridge; bridge; bridge = devices_[*bridge].bridge) {
      if (path_isolates(devices_, *bridge, isolating_services())) return std::nullopt;
      working = *bridge;
      if (groups_[working]) return groups_[working];
    }
    return std::nullopt;
  }

  /// A group of somebody on the same bus who may carry the same ID.
  Group of_bus_aliases(std::size_t device, std::set<std::size_t>& visited) const {
    if (!visited.insert(device).second) return std::nullopt;
    if (groups_[device]) return groups_[device];
    for (std::size_t other = 0; other < devices_.size(); ++other) {
      if (other == device || !are_aliases(device, other)) continue;
      if (const Group group = of_bus_aliases(other, visited)) return group;
      if (const Group group = of_slot(other, visited)) return group;
    }
    return std::nullopt;
  }

  /// A group of another function of the device that does not isolate either.
  Group of_slot(std::size_t device, std::set<std::size_t>& visited) const {
    const auto open = [this](std::size_t i) { return !isolates(devices_[i].function, isolating_services()); };
    if (!is_multi_function(devices_[device].function) || !open(device)) return std::nullopt;
    for (std::size_t other = 0; other < devices_.size(); ++other) {
      if (other == device || !same_slot(devices_[device], devices_[other]) || !open(other)) continue;
      if (const Group group = of_bus_aliases(other, visited)) return group;
    }
    return std::nullopt;
  }

  bool are_aliases(std::size_t a, std::size_t b) const {
    if (!same_bus(devices_[a], devices_[b])) return false;
    const auto names = [this](std::size_t by, std::size_t whom) {
      const auto& devfns = devices_[by].alias_devfns;
      return std::find(devfns.begin(), devfns.end(), devices_[whom].function.id().devfn()) != devfns.end();
    };
    return names(a, b) || names(b, a);
  }

  const PciHierarchy& devices_;
  std::vector<Group> groups_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<std::size_t> form_groups(const PciHierarchy& devices) {
  return Formation{devices}.form();
}

}  // namespace iommusim::software
