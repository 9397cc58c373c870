// SPDX-License-Identifier: Apache-2.0
#include "analysis/iova_borders.h"

#include "analysis/names.h"
#include "base/input_error.h"
#include "platforms/windows.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::analysis {
namespace {

using platforms::Machine;
using Borders = std::vector<std::uint64_t>;

/// The address behind the last one wraps to 0, where everything begins anyway.
template <class A>
void around(Borders& borders, const Range<A>& range) {
  borders.push_back(range.first.value());
  borders.push_back(range.last.value() + 1);
}

void sort_out(Borders& borders) {
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
}

void add_decoders(Borders& borders, const pcie::Decoded& decoded) {
  for (const auto& window : decoded.windows)
    if (window) around(borders, *window);
  for (const auto& bar : decoded.bars)
    if (bar) around(borders, *bar);
}

/// Calls visit(border) for those inside `range`: what begins with the range's first byte needs no second border there.
template <class Visitor>
void for_each_inside(const Borders& sorted, std::uint64_t first, std::uint64_t last, Visitor visit) {
  for (auto at = std::upper_bound(sorted.begin(), sorted.end(), first); at != sorted.end() && *at <= last; ++at)
    visit(*at);
}

/// Input addresses of one unit at which the answer for one requester, or what lies behind it, can change.
Borders input_borders(const FabricBorders& fabric, const iommu::InputSpace& space, unsigned width) {
  Borders borders = fabric.physical;
  if (width < 64) borders.push_back(std::uint64_t{1} << width);
  for (const Iova border : space.borders)
    borders.push_back(border.value());
  for (const iommu::MappedRange& mapped : space.mapped) {
    const std::uint64_t output = mapped.output.value();
    const std::uint64_t input = mapped.input.first.value();
    for_each_inside(fabric.physical, output, output + (mapped.input.size() - 1),
                    [&](std::uint64_t border) { borders.push_back(input + (border - output)); });
  }
  return borders;
}

/// Adds the bus addresses that the host bridge turns into these.
void pull_through_inbound(const pcie::HostBridge& bridge, const Borders& inputs, Borders& borders) {
  if (bridge.inbound.empty()) {
    borders.insert(borders.end(), inputs.begin(), inputs.end());
    return;
  }
  for (const pcie::InboundWindow& window : bridge.inbound)
    for (const std::uint64_t input : inputs)
      if (window.bus.contains(BusAddr{input - window.offset})) borders.push_back(input - window.offset);
}

}  // namespace

unsigned input_width(const Machine& machine, pcie::NodeIndex device) {
  const auto unit = machine.iommu_of(device);
  return unit ? machine.iommu(*unit).input_width() : 64;
}

FabricBorders::FabricBorders(const Machine& machine) {
  const pcie::Topology& topology = machine.topology();
  for (std::size_t i = 0; i < topology.size(); ++i)
    add_decoders(bus, topology[static_cast<pcie::NodeIndex>(i)].decoded);
  for (const pcie::HostBridge& bridge : machine.bridges()) {
    if (bridge.interrupt_window) around(bus, *bridge.interrupt_window);
    for (const pcie::InboundWindow& window : bridge.inbound)
      around(bus, window.bus);
  }
  sort_out(bus);

  for (const memory::MapEntry& entry : machine.system_map().entries())
    around(physical, entry.range);
  for (const pcie::HostBridge& bridge : machine.bridges())
    for (const pcie::OutboundWindow& window : bridge.outbound) {
      const Range<BusAddr> reached = platforms::bus_range(window);
      for_each_inside(bus, reached.first.value(), reached.last.value(),
                      [&](std::uint64_t border) { physical.push_back(border + window.offset); });
    }
  for (const platforms::Doorbell& doorbell : machine.doorbells())
    around(physical, doorbell.range);
  sort_out(physical);
}

std::vector<BusAddr> borders_of(const Machine& machine, const FabricBorders& fabric, const BorderRequest& request) {
  Borders borders = fabric.bus;
  borders.push_back(0);
  const std::uint8_t host_bridge = machine.topology()[request.device].host_bridge;
  const pcie::HostBridge& bridge = machine.bridges()[host_bridge];
  const auto unit = machine.iommu_of(request.device);
  if (!unit) pull_through_inbound(bridge, fabric.physical, borders);
  for (std::size_t i = 0; unit && i < request.requester_ids.size(); ++i) {
    const iommu::InputSpace space = machine.iommu(*unit).input_space(request.requester_ids[i]);
    if (!space.complete)
      throw InputError{{},
                       fmt::format("the tables of {} have more than {} pieces: too many for a map",
                                   name_of(request.device, machine), iommu::most_pieces)};
    pull_through_inbound(bridge, input_borders(fabric, space, input_width(machine, request.device)), borders);
  }
  sort_out(borders);
  std::vector<BusAddr> result;
  for (const std::uint64_t border : borders)
    if (border <= request.last.value()) result.emplace_back(border);
  return result;
}

}  // namespace iommusim::analysis
