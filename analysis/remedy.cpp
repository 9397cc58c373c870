// SPDX-License-Identifier: Apache-2.0
#include "analysis/remedy.h"

#include "analysis/acs_remedy.h"
#include "analysis/names.h"
#include "base/quantity.h"
#include "pcie/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace iommusim::analysis {
namespace {

using pcie::NodeIndex;

template <class A>
std::string text_of(const Range<A>& range) {
  return fmt::format("{:#x}-{:#x}", range.first.value(), range.last.value());
}

/// Collects the remedies of one collision.
class Finder {
 public:
  Finder(platforms::Machine& machine, const platforms::OperatingSystem& system, const AccessRecord& record,
         CollisionKind kind)
      : machine_{machine},
        system_{system},
        record_{record},
        kind_{kind},
        bridge_{machine.bridges()[machine.topology()[record.device].host_bridge]} {}

  std::vector<Remedy> find() {
    by_kind();
    if (record_.landing.kind == LandingKind::peer) avoid_peer();
    if (was_refused_by({&pcie::rules::bus_master_disabled, &pcie::rules::port_bus_master_disabled}))
      enable_bus_master();
    if (found_.empty()) look_closer();
    return std::move(found_);
  }

 private:
  void by_kind() {
    switch (kind_) {
      case CollisionKind::peer_hijack:
      case CollisionKind::doorbell_lost:
      case CollisionKind::isolation_breach: enable_acs(); return;
      case CollisionKind::peer_blocked:
        enable_acs();
        if (was_refused_by({&pcie::rules::host_bridge_peer_denied})) allow_peer_to_peer();
        return;
      case CollisionKind::interrupt_swallow: reserve_interrupt_window(); return;
      case CollisionKind::interrupt_forged: block_forging(); return;
      case CollisionKind::window_hole: leave_hole(); return;
      case CollisionKind::stale_translation: invalidate(); return;
      case CollisionKind::translation_fault: map(); return;
      case CollisionKind::wrong_memory: return;
    }
  }

  bool was_refused_by(std::initializer_list<const Rule*> rules) const {
    return std::find(rules.begin(), rules.end(), record_.landing.rule) != rules.end();
  }
  const std::string& device_name() const { return name_of(record_.device, machine_); }
  std::string domain_name() const {
    const platforms::Domain* domain = system_.domain_of(record_.device);
    return domain == nullptr ? device_name() : "domain " + domain->description->name;
  }
  std::uint64_t page() const { return record_.access.address.aligned_down(page_4k).value(); }
  void add(std::string action, std::string text) { found_.push_back({std::move(action), std::move(text)}); }

  void enable_acs() {
    if (auto remedy = find_acs_remedy(machine_, system_, record_, kind_)) found_.push_back(std::move(*remedy));
  }

  void avoid_peer() {
    const Landing& landing = record_.landing;
    const pcie::Topology& topology = machine_.topology();
    for (std::size_t i = 0; i < topology.size(); ++i) {
      const auto node = static_cast<NodeIndex>(i);
      const auto& bar = topology[node].decoded.bars[landing.bar];
      if (topology[node].id != landing.where || !bar) continue;
      if (record_.intent.kind == IntentKind::interrupt) return move_bar(node);
      if (record_.intent.kind != IntentKind::memory && record_.intent.kind != IntentKind::peer) return;
      add("reserve-iova", fmt::format("Keep the IOVAs of {} out of {}, BAR {} of {}", domain_name(), text_of(*bar),
                                      landing.bar, label_of(node, machine_)));
    }
    if (record_.intent.kind == IntentKind::memory) suggest_remap();
  }

  void move_bar(NodeIndex peer) {
    add("move-bar",
        fmt::format("Move BAR {} of {} away from {:#x}, where {} writes its interrupts", record_.landing.bar,
                    label_of(peer, machine_), record_.access.address.value(), device_name()));
  }

  void suggest_remap() {
    const platforms::Domain* domain = system_.domain_of(record_.device);
    if (domain == nullptr || domain->space.live_ranges() == 0) return;
    const std::uint64_t last = std::max(last_claimed_by_fabric(), last_mapped(*domain));
    const std::uint64_t free = (last | (page_1g - 1)) + 1;
    if (last >= free || free >> system_.iova_width(*domain) != 0) return;
    const std::string what = record_.intent.buffer ? system_.buffers()[*record_.intent.buffer].name
                                                   : fmt::format("{:#x}", record_.intent.physical.value());
    add("remap", fmt::format("Map {} at an IOVA from {:#x} upwards, above every window of the fabric and every mapping",
                             what, free));
  }

  /// Everything below 4 GiB is left to those who cannot go higher.
  std::uint64_t last_claimed_by_fabric() const {
    std::uint64_t last = 0xFFFF'FFFF;
    const auto include = [&last](const std::optional<Range<BusAddr>>& claimed) {
      if (claimed) last = std::max(last, claimed->last.value());
    };
    const pcie::Topology& topology = machine_.topology();
    for (std::size_t i = 0; i < topology.size(); ++i) {
      const pcie::Decoded& decoded = topology[static_cast<NodeIndex>(i)].decoded;
      std::for_each(decoded.windows.begin(), decoded.windows.end(), include);
      std::for_each(decoded.bars.begin(), decoded.bars.end(), include);
    }
    return last;
  }

  static std::uint64_t last_mapped(const platforms::Domain& domain) {
    std::uint64_t last = 0;
    domain.space.for_each_live(
        [&last](const Range<Iova>& range, const software::Intent&) { last = std::max(last, range.last.value()); });
    return last;
  }

  bool in_interrupt_window() const {
    return bridge_.interrupt_window && bridge_.interrupt_window->contains(record_.access.address);
  }

  void reserve_interrupt_window() {
    if (!bridge_.interrupt_window) return;
    add("reserve-iova", fmt::format("Keep the IOVAs of {} out of {}: the host takes this window for interrupts before "
                                    "any table is read (Linux lists it as msi in reserved_regions)",
                                    domain_name(), text_of(*bridge_.interrupt_window)));
  }

  void block_forging() {
    add("interrupt-remapping", fmt::format("Nothing checks who sends an interrupt: without interrupt remapping any "
                                           "device can raise any vector, so {} must not be given to untrusted software",
                                           device_name()));
  }

  void leave_hole() {
    if (in_interrupt_window()) return reserve_interrupt_window();
    enable_acs();
    if (was_refused_by({&pcie::rules::host_bridge_inbound_hole})) stay_in_inbound_windows();
    if (was_refused_by({&pcie::rules::port_u_turn, &pcie::rules::switch_unclaimed, &pcie::rules::acs_egress_blocked,
                        &pcie::rules::host_bridge_peer_denied}))
      avoid_port_window();
  }

  void stay_in_inbound_windows() {
    std::string windows;
    for (const pcie::InboundWindow& window : bridge_.inbound)
      windows += (windows.empty() ? "" : ", ") + text_of(window.bus);
    add("reserve-iova", fmt::format("Keep the IOVAs of {} inside the inbound windows of {}: {}", domain_name(),
                                    machine_.name(bridge_.id), windows));
  }

  /// Of the ports whose windows hold the address, the one furthest from the root says it most precisely: parents come
  /// before their children.
  void avoid_port_window() {
    if (record_.intent.kind != IntentKind::memory) return;
    const pcie::Topology& topology = machine_.topology();
    std::string window_text;
    for (std::size_t i = 0; i < topology.size(); ++i) {
      const auto node = static_cast<NodeIndex>(i);
      for (const auto& window : topology[node].decoded.windows)
        if (window && window->contains(record_.access.address))
          window_text = fmt::format("{}, a window of {}", text_of(*window), label_of(node, machine_));
    }
    if (window_text.empty()) return;
    add("reserve-iova", fmt::format("Keep the IOVAs of {} out of {}", domain_name(), window_text));
    suggest_remap();
  }

  void allow_peer_to_peer() {
    add("allow-peer-to-peer", fmt::format("{} forwards nothing between root ports: use a root complex that does, or "
                                          "keep both devices below one switch",
                                          machine_.name(bridge_.id)));
  }

  void invalidate() {
    add("invalidate",
        fmt::format("After the mapping of IOVA {:#x} in {} changes, invalidate the IOTLB for it and wait, "
                    "before the old page is used for anything else",
                    page(), domain_name()));
  }

  void map() {
    if (in_interrupt_window()) return reserve_interrupt_window();
    if (record_.intent.kind == IntentKind::memory) {
      add("map", fmt::format("Map IOVA {:#x} in {} with {} permission", page(), domain_name(),
                             to_string(record_.access.operation)));
    } else if (record_.intent.was_mapped) {
      add("quiesce", fmt::format("{} still uses IOVA {:#x}, which was unmapped at {}: stop it before unmapping",
                                 device_name(), page(), format_duration(record_.intent.past_until)));
    } else {
      add("map", fmt::format("Map IOVA {:#x} in {} before {} uses it", page(), domain_name(), device_name()));
    }
  }

  void enable_bus_master() {
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
  const pcie::HostBridge& bridge_;
  std::vector<Remedy> found_;
};

}  // namespace

std::vector<Remedy> find_remedies(platforms::Machine& machine, const platforms::OperatingSystem& system,
                                  const AccessRecord& record, CollisionKind kind) {
  return Finder{machine, system, record, kind}.find();
}

}  // namespace iommusim::analysis
