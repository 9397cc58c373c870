// SPDX-License-Identifier: Apache-2.0
#include "analysis/remedy.h"

#include <fmt/format.h>

#include "analysis/acs_trial.h"
#include "pcie/rules.h"
#include "platforms/walk.h"

namespace iommusim::analysis {
namespace {

using pcie::AcsControl;
using pcie::NodeIndex;

template <class... Bits>
AcsControl control_with() {
  AcsControl control;
  (control.set<Bits>(1), ...);
  return control;
}

template <class A>
std::string text_of(const Range<A>& range) {
  return fmt::format("{:#x}-{:#x}", range.first.value(), range.last.value());
}

/// Collects the remedies of one collision.
class Finder {
 public:
  Finder(platforms::Machine& machine, const platforms::OperatingSystem& system, const AccessRecord& record,
         CollisionKind kind)
      : machine_{machine}, system_{system}, record_{record}, kind_{kind} {}

  std::vector<Remedy> find() {
    switch (kind_) {
      case CollisionKind::peer_hijack:
      case CollisionKind::doorbell_lost:
      case CollisionKind::peer_blocked:
      case CollisionKind::isolation_breach:
        enable_acs();
        break;
      case CollisionKind::interrupt_swallow: reserve_interrupt_window(); break;
      case CollisionKind::interrupt_forged: block_forging(); break;
      case CollisionKind::window_hole: leave_hole(); break;
      case CollisionKind::stale_translation: invalidate(); break;
      case CollisionKind::translation_fault: map(); break;
      case CollisionKind::wrong_memory: break;
    }
    if (record_.landing.kind == LandingKind::peer) keep_out_of_peer();
    enable_bus_master();
    if (found_.empty()) look_closer();
    return std::move(found_);
  }

 private:
  const pcie::Node& node(NodeIndex index) const { return machine_.topology()[index]; }
  std::string label(NodeIndex index) const {
    return fmt::format("{} ({})", machine_.name(node(index).id), to_string(node(index).requester));
  }
  std::string device_name() const { return machine_.name(node(record_.device).id); }
  std::string domain_name() const {
    const platforms::Domain* domain = system_.domain_of(record_.device);
    return domain == nullptr ? device_name() : "domain " + domain->description->name;
  }
  void add(std::string action, std::string text) { found_.push_back({std::move(action), std::move(text)}); }

  /// Asks the decision procedures again.
  bool lands_as_intended() const {
    iommu::FetchLog fetches;
    const platforms::Walk way =
        platforms::walk(machine_, record_.device, record_.access, fetches, record_.intent.message.data);
    Circumstance circumstance;
    circumstance.operation = record_.access.operation;
    return !classify(record_.intent, way.landing, circumstance);
  }

  void enable_acs() {
    const std::vector<NodeIndex> ports = ports_above(machine_.topology(), record_.device);
    const AcsControl redirect =
        control_with<AcsControl::P2pRequestRedirect, AcsControl::P2pCompletionRedirect>();
    const AcsControl all = control_with<AcsControl::SourceValidation, AcsControl::P2pRequestRedirect,
                                        AcsControl::P2pCompletionRedirect, AcsControl::UpstreamForwarding>();
    for (const NodeIndex port : ports)
      if (node(port).id == record_.landing.decided_by && try_acs({port}, redirect)) return;
    if (try_acs(ports, all)) return;
    for (const NodeIndex port : ports) {
      if (node(port).id != record_.landing.decided_by || node(port).decoded.has_acs) continue;
      add("replace-port", fmt::format("{} has no ACS capability, so no setting sends this request to the IOMMU: move "
                                      "{} below a port with ACS, or to another root port",
                                      label(port), device_name()));
    }
  }

  bool try_acs(const std::vector<NodeIndex>& ports, AcsControl bits) {
    std::vector<AcsTrial::Change> changes;
    {
      const AcsTrial trial{machine_, ports, bits};
      if (trial.changes().empty() || !lands_as_intended()) return false;
      changes = trial.changes();
    }
    std::string settings;
    for (const AcsTrial::Change& change : changes)
      settings += fmt::format("{}{} {:#06x} -> {:#06x} (setpci -s {} ECAP_ACS+6.w={:04x})", settings.empty() ? "" : ", ",
                              label(change.port), change.before, change.after, to_string(node(change.port).requester),
                              change.after);
    add("enable-acs", "Set ACS Control of " + settings);
    return true;
  }

  void keep_out_of_peer() {
    for (const platforms::Device& device : machine_.devices()) {
      if (node(device.node).id != record_.landing.where) continue;
      const auto& bar = node(device.node).decoded.bars[record_.landing.bar];
      if (!bar) return;
      add("reserve-iova", fmt::format("Keep the IOVAs of {} out of {}, BAR {} of {}", domain_name(), text_of(*bar),
                                      record_.landing.bar, label(device.node)));
    }
    if (record_.intent.kind == IntentKind::memory) suggest_remap();
  }

  void suggest_remap() {
    std::uint64_t above = std::uint64_t{1} << 32;
    for (std::size_t i = 0; i < machine_.topology().size(); ++i)
      for (const auto& window : node(static_cast<NodeIndex>(i)).decoded.windows)
        if (window && window->last.value() >= above) above = window->last.value() + 1;
    if (const platforms::Domain* domain = system_.domain_of(record_.device))
      domain->space.for_each_live([&above](const Range<Iova>& range, const software::Intent&) {
        if (range.last.value() >= above) above = range.last.value() + 1;
      });
    const std::uint64_t free = (above + page_1g - 1) & ~(page_1g - 1);
    const std::string what = record_.intent.buffer ? system_.buffers()[*record_.intent.buffer].name
                                                   : fmt::format("{:#x}", record_.intent.physical.value());
    add("remap", fmt::format("Map {} at an IOVA from {:#x} upwards, above every window of the fabric and every mapping", what, free));
  }

  void reserve_interrupt_window() {
    const auto& window = machine_.bridges()[node(record_.device).host_bridge].interrupt_window;
    if (!window) return;
    add("reserve-iova", fmt::format("Keep the IOVAs of {} out of {}: the host takes this window for interrupts before "
                                    "any table is read (Linux lists it as msi in reserved_regions)",
                                    domain_name(), text_of(*window)));
  }

  void block_forging() {
    add("interrupt-remapping", fmt::format("Nothing checks who sends an interrupt: without interrupt remapping any "
                                           "device can raise any vector, so {} must not be given to untrusted software",
                                           device_name()));
  }

  void leave_hole() {
    const pcie::HostBridge& bridge = machine_.bridges()[node(record_.device).host_bridge];
    if (!bridge.inbound.empty()) {
      std::string windows;
      for (const pcie::InboundWindow& window : bridge.inbound)
        windows += (windows.empty() ? "" : ", ") + text_of(window.bus);
      add("reserve-iova", fmt::format("Keep the IOVAs of {} inside the inbound windows of {}: {}", domain_name(),
                                      machine_.name(bridge.id), windows));
    }
    const auto ports = ports_above(machine_.topology(), record_.device);
    try_acs(ports, control_with<AcsControl::P2pRequestRedirect, AcsControl::UpstreamForwarding>());
    if (record_.landing.rule == &pcie::rules::host_bridge_peer_denied)
      add("allow-peer-to-peer", fmt::format("{} forwards nothing between root ports: use a root complex that does, or "
                                            "keep both devices below one switch",
                                            machine_.name(bridge.id)));
  }

  void invalidate() {
    const std::uint64_t page = record_.access.address.aligned_down(page_4k).value();
    add("invalidate", fmt::format("After the mapping of IOVA {:#x} in {} changes, invalidate the IOTLB for it and wait, "
                                  "before the old page is used for anything else",
                                  page, domain_name()));
  }

  void map() {
    const std::uint64_t page = record_.access.address.aligned_down(page_4k).value();
    if (record_.intent.kind == IntentKind::memory) {
      add("map", fmt::format("Map IOVA {:#x} in {} with {} permission", page, domain_name(),
                             to_string(record_.access.operation)));
    } else if (record_.intent.was_mapped) {
      add("quiesce", fmt::format("{} still uses IOVA {:#x}, which was unmapped at {}: stop it before unmapping",
                                 device_name(), page, format_duration(record_.intent.past_until)));
    } else {
      add("map", fmt::format("Map IOVA {:#x} in {} before {} uses it", page, domain_name(), device_name()));
    }
  }

  void enable_bus_master() {
    const bool function = record_.landing.rule == &pcie::rules::bus_master_disabled;
    if (!function && record_.landing.rule != &pcie::rules::port_bus_master_disabled) return;
    add("enable-bus-master",
        fmt::format("Set Bus Master Enable in the Command register of {}", machine_.name(record_.landing.decided_by)));
  }

  void look_closer() {
    add("explain", fmt::format("iommusim explain {} --device {} --address {:#x} --op {} shows each step",
                               machine_.description().file, device_name(), record_.access.address.value(),
                               record_.access.operation == Operation::read ? "read" : "write"));
  }

  platforms::Machine& machine_;
  const platforms::OperatingSystem& system_;
  const AccessRecord& record_;
  CollisionKind kind_;
  std::vector<Remedy> found_;
};

}  // namespace

std::vector<Remedy> find_remedies(platforms::Machine& machine, const platforms::OperatingSystem& system,
                                  const AccessRecord& record, CollisionKind kind) {
  return Finder{machine, system, record, kind}.find();
}

}  // namespace iommusim::analysis
