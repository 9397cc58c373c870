// SPDX-License-Identifier: Apache-2.0
#include "traces/bar_address.h"

#include "base/quantity.h"
#include "pcie/header.h"
#include "pcie/virtual_function.h"
#include "platforms/windows.h"
#include "software/driver_error.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::traces {
namespace {

using pcie::NodeIndex;
using platforms::Machine;

[[noreturn]] void refuse(const BarName& bar, const std::string& problem, const std::string& expected) {
  throw software::DriverError{
      fmt::format("found BAR {} of \"{}\"{}, expected {}", bar.index, bar.device, problem, expected)};
}

/// The registers are asked, not what decodes: an address stays when Memory Space Enable is cleared.
std::optional<Range<BusAddr>> placed_bar(const pcie::Topology& topology, NodeIndex function, unsigned index) {
  const pcie::Node& node = topology[function];
  if (node.physical_function == NodeIndex::none) {
    const bool bridge = pcie::is_port(node.type);
    return pcie::decode_bars(node.config, pcie::header::bar0,
                             bridge ? pcie::header::type1_bars : pcie::header::type0_bars)[index];
  }
  const pcie::VfControls controls = pcie::decode_vf_controls(topology[node.physical_function].config);
  return pcie::virtual_function_bar(controls, node.vf_number, index);
}

NodeIndex owner_of(const Machine& machine, const BarName& bar) {
  const NodeIndex owner = machine.find_function(bar.device);
  if (owner == NodeIndex::none) refuse(bar, "", "the name of a device before the dot");
  const auto& bars = machine.describe(owner).bars;
  if (std::none_of(bars.begin(), bars.end(), [&bar](const auto& has) { return has.index == bar.index; }))
    refuse(bar, "", "a BAR that the device has");
  return owner;
}

BusAddr place_of(const Machine& machine, const BarName& bar, NodeIndex owner, std::uint64_t offset) {
  const auto placed = placed_bar(machine.topology(), owner, bar.index);
  if (!placed) refuse(bar, ", which has no address", "a BAR that software has placed");
  if (offset >= placed->size())
    refuse(bar, fmt::format(" with the offset {}", format_hex(offset)),
           fmt::format("an offset inside its {}", format_size(placed->size())));
  return placed->first + offset;
}

}  // namespace

BusAddr bus_address_of(const Machine& machine, const BarName& bar, BusAddr offset, NodeIndex sender) {
  const NodeIndex owner = owner_of(machine, bar);
  if (machine.topology()[owner].segment != machine.topology()[sender].segment)
    refuse(bar, ", which is in another PCI segment", "a BAR on the buses of the device's own segment");
  return place_of(machine, bar, owner, offset.value());
}

PhysAddr cpu_address_of(const Machine& machine, const BarName& bar, PhysAddr offset) {
  const NodeIndex owner = owner_of(machine, bar);
  const BusAddr place = place_of(machine, bar, owner, offset.value());
  const auto address = platforms::cpu_address(machine.bridges()[machine.topology()[owner].host_bridge].outbound, place);
  if (!address) refuse(bar, ", which the processor cannot reach", "a BAR inside the host bridge's windows");
  return *address;
}

}  // namespace iommusim::traces
