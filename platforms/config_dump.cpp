// SPDX-License-Identifier: Apache-2.0
#include "platforms/config_dump.h"

#include "pcie/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace iommusim::platforms {
namespace {

constexpr unsigned bytes_per_line = 16;
/// Of the class code: base class and subclass, without the programming interface.
constexpr unsigned class_offset = 0x0A;

std::vector<pcie::NodeIndex> in_bus_order(const pcie::Topology& topology) {
  std::vector<pcie::NodeIndex> nodes;
  for (std::size_t i = 0; i < topology.size(); ++i)
    nodes.push_back(static_cast<pcie::NodeIndex>(i));
  std::sort(nodes.begin(), nodes.end(), [&topology](pcie::NodeIndex a, pcie::NodeIndex b) {
    if (topology[a].segment != topology[b].segment) return topology[a].segment < topology[b].segment;
    return topology[a].requester < topology[b].requester;
  });
  return nodes;
}

void append_bytes(std::string& text, const pcie::ConfigSpace& config) {
  for (unsigned line = 0; line < pcie::ConfigSpace::size; line += bytes_per_line) {
    fmt::format_to(std::back_inserter(text), "{:02x}:", line);
    for (unsigned offset = line; offset < line + bytes_per_line; ++offset)
      fmt::format_to(std::back_inserter(text), " {:02x}", config.read(offset, 1));
    text += '\n';
  }
}

}  // namespace

std::string dump_config(const Machine& machine) {
  const pcie::Topology& topology = machine.topology();
  const std::vector<pcie::NodeIndex> nodes = in_bus_order(topology);
  const bool with_domain = !nodes.empty() && topology[nodes.back()].segment != 0;
  std::string text;
  for (const pcie::NodeIndex index : nodes) {
    const pcie::Node& node = topology[index];
    if (!is_pci(machine.describe(index).kind)) continue;
    if (with_domain) text += fmt::format("{:04x}:", node.segment);
    text += fmt::format("{} {:04x}: {:04x}:{:04x} ({})\n", to_string(node.requester), node.config.read(class_offset, 2),
                        node.config.read(pcie::header::vendor_id, 2), node.config.read(pcie::header::device_id, 2),
                        machine.name(node.id));
    append_bytes(text, node.config);
    text += '\n';
  }
  return text;
}

}  // namespace iommusim::platforms
