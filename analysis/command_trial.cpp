// SPDX-License-Identifier: Apache-2.0
#include "analysis/command_trial.h"

namespace iommusim::analysis {
namespace {

std::uint16_t command_of(const pcie::Node& node) {
  return static_cast<std::uint16_t>(node.config.read(pcie::header::command, 2));
}

void write_command(pcie::Topology& topology, pcie::NodeIndex node, std::uint16_t value) {
  topology.config_write(topology[node].segment, topology[node].requester, pcie::header::command, 2, value);
}

}  // namespace

CommandTrial::CommandTrial(platforms::Machine& machine, const std::vector<pcie::NodeIndex>& nodes, pcie::Command bits)
    : machine_{machine} {
  for (const pcie::NodeIndex node : nodes) {
    const std::uint16_t before = command_of(machine.topology()[node]);
    write_command(machine.topology(), node, static_cast<std::uint16_t>(before | bits.raw()));
    if (command_of(machine.topology()[node]) != before) before_.emplace_back(node, before);
  }
}

CommandTrial::~CommandTrial() {
  for (auto entry = before_.rbegin(); entry != before_.rend(); ++entry)
    write_command(machine_.topology(), entry->first, entry->second);
}

std::vector<pcie::NodeIndex> CommandTrial::changed() const {
  std::vector<pcie::NodeIndex> nodes;
  for (const auto& [node, before] : before_)
    nodes.push_back(node);
  return nodes;
}

}  // namespace iommusim::analysis
