// SPDX-License-Identifier: Apache-2.0
#include "analysis/address_remedies.h"

#include "analysis/fault_cause.h"
#include "analysis/free_iova.h"
#include "pcie/rules.h"
#include "platforms/walk.h"

#include <fmt/format.h>

namespace iommusim::analysis {
namespace {

using pcie::NodeIndex;

template <class A>
std::string text_of(const Range<A>& range) {
  return fmt::format("{:#x}-{:#x}", range.first.value(), range.last.value());
}

Remedy keep(const RemedyCase& collision, const std::string& where) {
  return {"reserve-iova", fmt::format("Keep the IOVAs of {} {}", collision.domain_name(), where)};
}

/// Nothing is mapped there for this kind of access: only the tables stand between.
bool is_open_to_mappings(const platforms::Machine& machine, const platforms::Walk& way, Iova iova) {
  if (way.landing.kind != LandingKind::iommu_fault || way.iova != iova) return false;
  return fault_cause(machine, way.landing) == iommu::FaultCause::no_mapping;
}

bool reaches_tables(const RemedyCase& collision, const FreeIova& free, Iova iova) {
  Access access = collision.record.access;
  access.address = BusAddr{iova.value() - free.offset};
  iommu::FetchLog fetches;
  return is_open_to_mappings(
      collision.machine, platforms::walk_as_sent(collision.machine, collision.record.device, access, fetches), iova);
}

std::string place_text(const FreeIova& free) {
  const std::uint64_t first = free.range.first.value();
  if (free.is_open) return fmt::format("from {:#x} upwards, above every window of the fabric and every mapping", first);
  return fmt::format("from {:#x} to {:#x}, where no window of the fabric and no mapping is", first,
                     free.range.last.value());
}

std::vector<Remedy> avoid_bar(const RemedyCase& collision) {
  const Landing& landing = collision.record.landing;
  const NodeIndex node = collision.node_of(landing.where);
  if (node == NodeIndex::none) return {};
  const auto& bar = collision.machine.topology()[node].decoded.bars[landing.bar];
  if (!bar) return {};
  const std::string label = label_of(node, collision.machine);
  const IntentKind intent = collision.record.intent.kind;
  if (intent == IntentKind::interrupt)
    return {{"move-bar", fmt::format("Move BAR {} of {} away from {:#x}, where {} writes its interrupts", landing.bar,
                                     label, collision.record.access.address.value(), collision.device_name())}};
  if (intent != IntentKind::memory && intent != IntentKind::peer) return {};
  return {keep(collision, fmt::format("out of {}, BAR {} of {}", text_of(*bar), landing.bar, label))};
}

/// Of the ports whose windows hold the address, the one furthest from the root says it most precisely: parents come
/// before their children.
std::vector<Remedy> avoid_port_window(const RemedyCase& collision) {
  const pcie::Topology& topology = collision.machine.topology();
  std::string window_text;
  for (std::size_t i = 0; i < topology.size(); ++i) {
    const auto node = static_cast<NodeIndex>(i);
    for (const auto& window : topology[node].decoded.windows)
      if (window && window->contains(collision.record.access.address))
        window_text = fmt::format("out of {}, a window of {}", text_of(*window), label_of(node, collision.machine));
  }
  if (window_text.empty()) return {};
  return {keep(collision, window_text)};
}

Remedy stay_in_inbound_windows(const RemedyCase& collision) {
  std::string windows;
  for (const pcie::InboundWindow& window : collision.bridge().inbound)
    windows += (windows.empty() ? "" : ", ") + text_of(window.bus);
  return keep(collision, fmt::format("inside the inbound windows of {}: {}",
                                     collision.machine.name(collision.bridge().id), windows));
}

Remedy stay_in_address_bits(const RemedyCase& collision) {
  const unsigned bits = collision.machine.topology()[collision.record.device].address_bits;
  return keep(collision, fmt::format("below {:#x}: {} has {} address bits, and its driver must say so in its DMA mask",
                                     std::uint64_t{1} << bits, collision.device_name(), bits));
}

Remedy stay_in_memory(const RemedyCase& collision) {
  std::string banks;
  for (const memory::Bank& bank : collision.machine.memory().banks())
    banks += (banks.empty() ? "" : ", ") + text_of(bank.range);
  return {"reserve-iova", fmt::format("Keep the addresses of {} inside memory: {}", collision.device_name(), banks)};
}

bool is_untranslated(const RemedyCase& collision) {
  const platforms::Domain* domain = collision.domain();
  return domain == nullptr || domain->description->type == platforms::DomainType::identity;
}

/// Refusals by ports that take an address, or would have to.
bool was_refused_in_fabric(const RemedyCase& collision) {
  namespace rules = pcie::rules;
  return collision.was_decided_by(
      {&rules::port_u_turn, &rules::port_u_turn_dropped, &rules::switch_unclaimed, &rules::port_unclaimed,
       &rules::port_link_down, &rules::port_memory_space_disabled, &rules::memory_space_disabled, &rules::bar_unclaimed,
       &rules::bar_overrun, &rules::acs_egress_blocked, &rules::acs_downstream_target_blocked,
       &rules::acs_upstream_target_blocked, &rules::host_bridge_peer_denied, &rules::pci_bus_master_abort});
}

std::vector<Remedy> find_reservations(const RemedyCase& collision) {
  namespace rules = pcie::rules;
  if (collision.record.landing.kind == LandingKind::peer) return avoid_bar(collision);
  if (collision.record.landing.kind != LandingKind::rejected) return {};
  if (collision.was_decided_by({&rules::host_bridge_inbound_hole})) return {stay_in_inbound_windows(collision)};
  if (collision.was_decided_by({&rules::address_bits})) return {stay_in_address_bits(collision)};
  if (collision.was_decided_by({&memory::rules::unclaimed, &memory::rules::not_a_dma_target}))
    return is_untranslated(collision) ? std::vector<Remedy>{stay_in_memory(collision)} : std::vector<Remedy>{};
  const bool means_memory = collision.record.intent.kind == IntentKind::memory;
  return means_memory && was_refused_in_fabric(collision) ? avoid_port_window(collision) : std::vector<Remedy>{};
}

}  // namespace

std::vector<Remedy> find_address_remedies(const RemedyCase& collision) {
  std::vector<Remedy> found = find_reservations(collision);
  if (found.empty()) return found;
  for (Remedy& remedy : find_remap(collision))
    found.push_back(std::move(remedy));
  return found;
}

Remedy reserve_interrupt_window(const RemedyCase& collision) {
  return keep(collision, fmt::format("out of {}: the host takes this window for interrupts before any table is read "
                                     "(Linux lists it as msi in reserved_regions)",
                                     text_of(*collision.bridge().interrupt_window)));
}

std::vector<Remedy> find_remap(const RemedyCase& collision) {
  const Intent& intent = collision.record.intent;
  if (intent.kind != IntentKind::memory || collision.domain() == nullptr ||
      collision.domain()->space.live_ranges() == 0)
    return {};
  const auto* buffer = intent.buffer ? &collision.system.buffers()[*intent.buffer] : nullptr;
  const std::uint64_t size = buffer != nullptr ? buffer->range.size() : page_4k;
  const auto free = find_free_iova(collision.machine, collision.system, collision.record.device, size);
  if (!free) return {};
  const Iova last_page = free->range.first + (size - 1);
  if (!reaches_tables(collision, *free, free->range.first) ||
      !reaches_tables(collision, *free, last_page.aligned_down(page_4k)))
    return {};
  const std::string what = buffer != nullptr ? buffer->name : fmt::format("{:#x}", intent.physical.value());
  std::string text = fmt::format("Map {} at an IOVA {}", what, place_text(*free));
  if (free->offset != 0)
    text += fmt::format("; {} sends {:#x} for the first", collision.device_name(),
                        free->range.first.value() - free->offset);
  return {{"remap", text}};
}

}  // namespace iommusim::analysis
