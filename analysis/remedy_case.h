// SPDX-License-Identifier: Apache-2.0
// What the searches for remedies have in common. Internal to them.
#pragma once

#include "analysis/access_record.h"
#include "analysis/collision.h"
#include "analysis/names.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

namespace iommusim::analysis {

/// A colliding access and the machine on which it collided. All must outlive it.
struct RemedyCase {
  platforms::Machine& machine;
  const platforms::OperatingSystem& system;
  const AccessRecord& record;
  CollisionKind kind = CollisionKind::wrong_memory;

  const pcie::HostBridge& bridge() const { return machine.bridges()[machine.topology()[record.device].host_bridge]; }
  const std::string& device_name() const { return name_of(record.device, machine); }
  const platforms::Domain* domain() const { return system.domain_of(record.device); }
  std::string domain_name() const {
    return domain() == nullptr ? device_name() : "domain " + domain()->description->name;
  }
  std::uint64_t page() const { return record.access.address.aligned_down(page_4k).value(); }
  bool was_decided_by(std::initializer_list<const Rule*> rules) const {
    return std::find(rules.begin(), rules.end(), record.landing.rule) != rules.end();
  }
  bool in_interrupt_window() const {
    return bridge().interrupt_window && bridge().interrupt_window->contains(record.access.address);
  }
  /// Of the domain of the device, where it has one for doorbells.
  std::optional<Range<Iova>> msi_window() const {
    return domain() == nullptr ? std::nullopt : system.msi_window_of(*domain());
  }
  bool in_msi_window() const {
    const auto window = msi_window();
    return window && window->contains(Iova{record.access.address.value()});
  }
  bool is_for_gic() const { return machine.doorbell_of(record.device).frame != nullptr; }
  /// The function or port of this component; none: no PCI function.
  pcie::NodeIndex node_of(ComponentId component) const {
    const pcie::Topology& topology = machine.topology();
    for (std::size_t i = 0; i < topology.size(); ++i)
      if (topology[static_cast<pcie::NodeIndex>(i)].id == component) return static_cast<pcie::NodeIndex>(i);
    return pcie::NodeIndex::none;
  }
};

/// Asks the decision procedures again, of the machine as it is now: does `access` land as the colliding one was meant
/// to? A breach is cured by a refusal, too.
bool is_cured(const RemedyCase& collision, const Access& access);

}  // namespace iommusim::analysis
