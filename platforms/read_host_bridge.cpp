// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

pcie::OutboundWindow read_outbound(const Value& value) {
  const Map window{value, {"base", "size", "bus"}};
  pcie::OutboundWindow outbound{read_range<PhysAddr>(window), 0};
  const auto bus = window.optional("bus");
  if (!bus) return outbound;
  const BusAddr base{bus->address()};
  if (!Range<BusAddr>::from_size(base, outbound.cpu.size())) bus->reject("a window that ends at or below 2^64");
  outbound.offset = outbound.cpu.first.value() - base.value();
  return outbound;
}

/// What lies behind is translated by the page.
void require_page(const Value& at, std::uint64_t number) {
  if (number % page_4k != 0) at.reject("a multiple of 4 KiB");
}

pcie::InboundWindow read_inbound(const Value& value) {
  const Map window{value, {"base", "size", "physical"}};
  pcie::InboundWindow inbound{read_range<BusAddr>(window), 0};
  require_page(window.required("base", "an address"), inbound.bus.first.value());
  // Both ends of 2^64 bytes are page boundaries; their number is not.
  require_page(window.required("size", "a size"), inbound.bus.last.value() + 1);
  const auto physical = window.optional("physical");
  if (!physical) return inbound;
  const PhysAddr base{physical->address()};
  require_page(*physical, base.value());
  if (!Range<PhysAddr>::from_size(base, inbound.bus.size())) physical->reject("a window that ends at or below 2^64");
  inbound.offset = base.value() - inbound.bus.first.value();
  return inbound;
}

void read_buses(const Value& value, HostBridgeDescription& bridge) {
  const std::vector<Value> ends = value.items();
  if (ends.size() != 2) value.fail("a list of " + std::to_string(ends.size()), "[first bus, last bus]");
  bridge.first_bus = ends[0].number_as<std::uint8_t>({0, 255});
  bridge.last_bus = ends[1].number_as<std::uint8_t>({bridge.first_bus, 255});
}

pcie::PeerToPeer read_policy(const Value& value) {
  return value.choice<pcie::PeerToPeer>({{"through-iommu", pcie::PeerToPeer::through_iommu},
                                         {"allowed", pcie::PeerToPeer::allowed},
                                         {"denied", pcie::PeerToPeer::denied}});
}

PeerPairDescription read_pair(const Value& value) {
  const Map map{value, {"from", "to", "policy"}};
  const std::string expected = "the name of a device on a root bus";
  return {map.required("from", expected).name(), map.required("to", expected).name(),
          read_policy(map.required("policy", "through-iommu, allowed or denied"))};
}

void read_peer_policy(const Map& map, HostBridgeDescription& bridge) {
  if (const auto policy = map.optional("peer_to_peer"); policy && policy->is_map()) {
    const Map peers{*policy, {"default", "pairs"}};
    if (const auto otherwise = peers.optional("default")) bridge.peer_to_peer = read_policy(*otherwise);
    for (const Value& pair : peers.items("pairs"))
      bridge.peer_pairs.push_back(read_pair(pair));
  } else if (policy) {
    bridge.peer_to_peer = read_policy(*policy);
  }
  if (const auto reads = map.optional("refused_reads"))
    bridge.refused_reads = reads->choice<pcie::RefusedReads>(
        {{"unsupported-request", pcie::RefusedReads::unsupported_request}, {"all-ones", pcie::RefusedReads::all_ones}});
  if (const auto u_turn = map.optional("u_turn"))
    bridge.drops_u_turns = u_turn->choice<bool>({{"unsupported-request", false}, {"drop", true}});
}

}  // namespace

HostBridgeDescription read_host_bridge(const Value& value) {
  const Map map{value,
                {"name", "segment", "buses", "windows", "inbound", "peer_to_peer", "refused_reads", "u_turn",
                 "firmware", "doorbell", "iommu", "devices"}};
  HostBridgeDescription bridge;
  bridge.name = map.required("name", "a name").name();
  bridge.segment = static_cast<std::uint16_t>(map.number("segment", 0, {0, 0xFFFF}));
  if (const auto buses = map.optional("buses")) read_buses(*buses, bridge);
  for (const Value& window : map.items("windows"))
    bridge.outbound.push_back(read_outbound(window));
  for (const Value& window : map.items("inbound"))
    bridge.inbound.push_back(read_inbound(window));
  read_peer_policy(map, bridge);
  if (const auto firmware = map.optional("firmware"))
    bridge.firmware_assigns = firmware->choice<bool>({{"described", false}, {"assign", true}});
  if (const auto doorbell = map.optional("doorbell"))
    bridge.doorbell = doorbell->choice<DoorbellKind>({{"local-apic", DoorbellKind::local_apic},
                                                      {"its", DoorbellKind::its},
                                                      {"gicv2m", DoorbellKind::gicv2m},
                                                      {"mbi", DoorbellKind::mbi}});
  if (const auto iommu = map.optional("iommu"); iommu && iommu->text() != "none") bridge.iommu = iommu->name();
  for (const Value& function : map.items("devices"))
    bridge.functions.push_back(read_function(function, std::nullopt));
  return bridge;
}

}  // namespace iommusim::platforms
