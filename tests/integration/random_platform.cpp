// SPDX-License-Identifier: Apache-2.0
#include "integration/random_platform.h"

#include "integration/random_software.h"
#include "platforms/bus_numbers.h"
#include "platforms/device_class.h"
#include "platforms/ecam.h"
#include "platforms/port_numbers.h"
#include "platforms/virtual_functions.h"
#include "platforms/windows.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::tests {
namespace {

using platforms::BarDescription;
using platforms::FunctionDescription;
using platforms::FunctionKind;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

std::optional<platforms::AcsDescription> random_acs(Random& random) {
  if (random.percent(30)) return std::nullopt;
  platforms::AcsDescription acs;
  acs.capability = pcie::AcsCapability{static_cast<std::uint16_t>(random.below(0x80))};
  if (random.percent(25)) acs.capability.set<pcie::AcsCapability::EnhancedCapability>(1);
  if (acs.capability.get<pcie::AcsCapability::P2pEgressControl>() != 0)
    acs.capability.set<pcie::AcsCapability::EgressControlVectorSize>(32);
  const std::uint64_t wanted = random.percent(30) ? 0 : random.word();
  acs.control = pcie::AcsControl{wanted & pcie::supported_controls(acs.capability).raw()};
  // Blocking everything hides what comes behind it.
  if (random.percent(80)) acs.control.set<pcie::AcsControl::TranslationBlocking>(0);
  return acs;
}

/// What functions of one device can have: redirects, egress control and direct translated P2P.
platforms::AcsDescription random_function_acs(Random& random) {
  platforms::AcsDescription acs;
  acs.capability = pcie::AcsCapability{0x086C};
  acs.control = pcie::AcsControl{random.word() & 0x6C};
  acs.egress_blocked = pcie::EgressControlVector{random.word() & 0xFF};
  return acs;
}

/// Draws the tree below one host bridge, giving out bus addresses upwards.
class Drawing {
 public:
  Drawing(Random& random, unsigned most_functions, std::uint64_t low, std::uint64_t high)
      : random_{random}, most_functions_{most_functions}, low_{low}, high_{high} {}

  void draw(platforms::HostBridgeDescription& bridge) {
    const std::uint64_t ports = random_.between(1, 2);
    for (std::uint8_t device = 1; device <= ports; ++device) {
      FunctionDescription port = function(FunctionKind::root_port, RequesterId{0, device, 0});
      fill_port(port, 0);
      bridge.functions.push_back(std::move(port));
    }
    // At least one, so that every machine has somebody who sends requests.
    const std::uint64_t integrated = random_.between(1, 2);
    const bool one_device = random_.percent(50);
    for (std::uint8_t i = 0; i < integrated; ++i) {
      const RequesterId id = one_device ? RequesterId{0, 8, i} : RequesterId{0, static_cast<std::uint8_t>(8 + i), 0};
      bridge.functions.push_back(function(FunctionKind::root_complex_endpoint, id));
    }
    if (random_.percent(20)) bridge.functions.push_back(pci_bridge(RequesterId{0, 0x10, 0}));
  }

 private:
  FunctionDescription function(FunctionKind kind, RequesterId id) {
    ++functions_;
    FunctionDescription result;
    result.name = fmt::format("f{}-{:x}", functions_, low_ >> 20);
    result.kind = kind;
    result.id = id;
    result.vendor_id = 0x1234;
    result.class_code = is_port(kind) ? platforms::pci_bridge_class : 0xFF'0000;
    result.bus_master = !random_.percent(4);
    result.memory_space = !random_.percent(4);
    result.max_payload = random_.pick({128U, 256U, 512U});
    result.max_read_request = random_.pick({128U, 512U, 4096U});
    if (kind == FunctionKind::root_port || kind == FunctionKind::downstream_port) {
      result.acs = random_acs(random_);
      result.aer = random_.percent(50);
      if (result.aer && random_.percent(60)) result.dpc = platforms::DpcDescription{random_.percent(60)};
    }
    const bool in_device = kind == FunctionKind::endpoint || kind == FunctionKind::root_complex_endpoint;
    if (in_device && random_.percent(40)) result.acs = random_function_acs(random_);
    if (in_device && random_.percent(20)) add_aliases(result);
    add_bars(result);
    return result;
  }

  /// Mostly another function number of the device, whether or not there is such a function.
  void add_aliases(FunctionDescription& owner) {
    for (std::uint64_t i = random_.between(1, 2); i > 0; --i) {
      const auto function = static_cast<std::uint8_t>(random_.below(8));
      const auto device = random_.percent(70) ? owner.id.device() : static_cast<std::uint8_t>(random_.below(32));
      owner.dma_alias.push_back(RequesterId{0, device, function});
    }
  }

  void add_bars(FunctionDescription& owner) {
    if (is_port(owner.kind) ? random_.percent(75) : random_.percent(15)) return;
    owner.bars.push_back(low_bar(is_port(owner.kind) ? 12 : 21));
    if (!is_port(owner.kind) && random_.percent(40)) owner.bars.push_back(high_bar());
  }

  BarDescription low_bar(unsigned most_bits) {
    const std::uint64_t size = std::uint64_t{1} << random_.between(7, most_bits);
    low_ = (low_ + size - 1) & ~(size - 1);
    const BarDescription bar{0, size, BusAddr{low_}, false, false};
    low_ += size;
    return bar;
  }

  BarDescription high_bar() {
    const std::uint64_t size = std::uint64_t{1} << random_.between(12, 24);
    high_ = (high_ + size - 1) & ~(size - 1);
    const BarDescription bar{2, size, BusAddr{high_}, true, true};
    high_ += size;
    return bar;
  }

  void next_window() {
    low_ = (low_ + mebibyte - 1) & ~(mebibyte - 1);
    high_ = (high_ + mebibyte - 1) & ~(mebibyte - 1);
  }

  /// What is plugged into a root port or downstream port: nothing, a switch or a device.
  void fill_port(FunctionDescription& port, unsigned switches_above) {
    next_window();
    if (switches_above < 3 && functions_ + 4 < most_functions_ && random_.percent(55))
      add_switch(port, switches_above);
    else if (!random_.percent(8))
      add_device(port);
    next_window();
  }

  void add_switch(FunctionDescription& port, unsigned switches_above) {
    FunctionDescription upstream = function(FunctionKind::upstream_port, RequesterId{});
    next_window();
    const std::uint64_t ports = random_.between(1, 3);
    for (std::uint8_t device = 0; device < ports; ++device) {
      FunctionDescription below = function(FunctionKind::downstream_port, RequesterId{0, device, 0});
      fill_port(below, switches_above + 1);
      upstream.children.push_back(std::move(below));
    }
    port.children.push_back(std::move(upstream));
  }

  void add_device(FunctionDescription& port) {
    if (random_.percent(12)) {
      port.children.push_back(pci_bridge(RequesterId{}));
      return;
    }
    const std::uint64_t functions = random_.percent(75) ? 1 : random_.between(2, 3);
    for (std::uint8_t index = 0; index < functions; ++index)
      port.children.push_back(function(FunctionKind::endpoint, RequesterId{0, 0, index}));
    if (random_.percent(25)) add_virtual_functions(port.children.front());
    if (functions > 1 && random_.percent(30)) make_groups(port.children);
    port.ari_forwarding = random_.percent(50);
  }

  /// With ARI, the last function may have a number beyond 7.
  void make_groups(std::vector<FunctionDescription>& functions) {
    for (FunctionDescription& member : functions)
      member.ari = platforms::AriDescription{static_cast<unsigned>(random_.below(8)), false};
    functions.front().ari->acs_function_groups = random_.percent(70);
    if (random_.percent(40)) functions.back().id = RequesterId{0, 2, 3};
  }

  FunctionDescription pci_bridge(RequesterId id) {
    FunctionDescription bridge = function(FunctionKind::pcie_pci_bridge, id);
    bridge.subtractive = random_.percent(30);
    if (bridge.subtractive) bridge.class_code |= 0x01;
    next_window();
    const std::uint64_t devices = random_.between(1, 3);
    for (std::uint8_t device = 0; device < devices; ++device)
      bridge.children.push_back(function(FunctionKind::pci_device, RequesterId{0, device, 0}));
    next_window();
    return bridge;
  }

  /// Functions 4 to 7 of the device, 8 to 11, or 0 to 3 of the next bus.
  void add_virtual_functions(FunctionDescription& physical) {
    platforms::SriovDescription sriov;
    sriov.total_vfs = 4;
    sriov.num_vfs = static_cast<std::uint16_t>(random_.between(1, 4));
    sriov.first_vf_offset =
        random_.pick({std::uint16_t{4}, std::uint16_t{8}, std::uint16_t{0x100}, std::uint16_t{0x100}});
    sriov.bus_master = !random_.percent(10);
    if (random_.percent(40)) sriov.acs = random_function_acs(random_);
    const std::uint64_t size = std::uint64_t{1} << random_.between(12, 18);
    low_ = (low_ + size - 1) & ~(size - 1);
    sriov.vf_bars.push_back({0, size, BusAddr{low_}, false, false});
    low_ += size * sriov.total_vfs;
    physical.sriov = sriov;
    physical.ari = platforms::AriDescription{};
  }

  Random& random_;
  unsigned most_functions_;
  std::uint64_t low_;
  std::uint64_t high_;
  unsigned functions_ = 0;
};

/// Windows that firmware would not program.
void spoil_windows(Random& random, std::vector<FunctionDescription>& functions) {
  for (FunctionDescription& port : functions) {
    spoil_windows(random, port.children);
    if (!is_port(port.kind)) continue;
    // A subtractive bridge needs none.
    if (random.percent(port.subtractive ? 70 : 5)) port.window.reset();
    if (port.window && random.percent(5)) port.window->last += mebibyte;
    if (port.prefetchable_window && random.percent(5)) port.prefetchable_window->last += 16 * mebibyte;
  }
}

std::vector<pcie::InboundWindow> random_inbound(Random& random) {
  if (random.percent(75)) return {};
  std::vector<pcie::InboundWindow> windows;
  const std::uint64_t end = random.pick({std::uint64_t{0x8000'0000}, std::uint64_t{0x1'0000'0000}});
  windows.push_back({{BusAddr{random.pick({std::uint64_t{0}, std::uint64_t{0x1000'0840}})}, BusAddr{end - 1}}, 0});
  if (random.percent(60))
    windows.push_back({{BusAddr{0x38'0000'0000}, BusAddr{0x3F'FFFF'FFFF}},
                       random.pick({std::uint64_t{0}, std::uint64_t{0} - 0x37'0000'0000, std::uint64_t{0x1000}})});
  return windows;
}

pcie::PeerToPeer random_policy(Random& random) {
  return random.pick({pcie::PeerToPeer::allowed, pcie::PeerToPeer::denied, pcie::PeerToPeer::through_iommu});
}

platforms::HostBridgeDescription random_bridge(Random& random, unsigned index, unsigned most_functions) {
  platforms::HostBridgeDescription bridge;
  bridge.name = fmt::format("pcie{}", index);
  // In a segment of its own, a bridge's bus numbers may be another one's, too.
  if (index > 0 && random.percent(30)) bridge.segment = static_cast<std::uint16_t>(index);
  const unsigned first_bus = bridge.segment == 0 ? index * 0x80 : 0;
  bridge.first_bus = static_cast<std::uint8_t>(first_bus);
  bridge.last_bus = static_cast<std::uint8_t>(first_bus + 0x7F);
  const std::uint64_t low = 0x9000'0000 + index * std::uint64_t{0x1800'0000};
  const std::uint64_t high = 0x38'0000'0000 + index * std::uint64_t{0x8'0000'0000};
  const std::uint64_t offset = random.percent(25) ? 0x40'0000'0000 : 0;
  bridge.outbound.push_back({*Range<PhysAddr>::from_size(PhysAddr{low}, 0x1800'0000), 0});
  bridge.outbound.push_back({*Range<PhysAddr>::from_size(PhysAddr{high + offset}, 0x4'0000'0000), offset});
  bridge.inbound = random_inbound(random);
  bridge.peer_to_peer = random_policy(random);
  if (random.percent(30)) bridge.refused_reads = pcie::RefusedReads::all_ones;
  bridge.drops_u_turns = random.percent(30);
  Drawing{random, most_functions, low, high}.draw(bridge);
  return bridge;
}

/// Some pairs of one host bridge with whatever is on any root bus, each once.
void add_peer_pairs(Random& random, std::vector<platforms::HostBridgeDescription>& bridges) {
  for (platforms::HostBridgeDescription& bridge : bridges) {
    const platforms::HostBridgeDescription& target = random.pick(bridges);
    if (target.segment != bridge.segment || random.percent(50)) continue;
    for (const FunctionDescription& from : bridge.functions)
      for (const FunctionDescription& to : target.functions)
        if (random.percent(40)) bridge.peer_pairs.push_back({from.name, to.name, random_policy(random)});
  }
}

/// Bus numbers and windows as the loader makes them when the file gives none.
void complete(Random& random, platforms::HostBridgeDescription& bridge) {
  const platforms::YamlNode nothing;
  const platforms::Source source{nothing};
  platforms::number_ports(bridge, source);
  platforms::number_buses(bridge, source);
  platforms::expand_virtual_functions(bridge);
  platforms::derive_windows(bridge, source);
  spoil_windows(random, bridge.functions);
}

}  // namespace

platforms::Description random_platform(Random& random, unsigned most_functions) {
  platforms::Description description;
  description.name = "random";
  description.file = "random.yaml";
  description.ecam = {{0, PhysAddr{0xE000'0000}}};
  description.local_apic = !random.percent(10);
  description.memories.push_back({"dram-low", {PhysAddr{0}, PhysAddr{0x7FFF'FFFF}}});
  description.memories.push_back({"dram-high", {PhysAddr{0x1'0000'0000}, PhysAddr{0x1'7FFF'FFFF}}});
  const unsigned bridges = random.percent(70) ? 1 : 2;
  for (unsigned index = 0; index < bridges; ++index) {
    description.host_bridges.push_back(random_bridge(random, index, most_functions));
    complete(random, description.host_bridges.back());
  }
  place_ecam(description);
  add_peer_pairs(random, description.host_bridges);
  add_random_software(random, description);
  return description;
}

}  // namespace iommusim::tests
