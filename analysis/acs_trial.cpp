// SPDX-License-Identifier: Apache-2.0
#include "analysis/acs_trial.h"

#include "pcie/capability_list.h"

namespace iommusim::analysis {
namespace {

std::optional<unsigned> acs_capability(const pcie::Node& port) {
  return pcie::find_extended_capability(pcie::reader_of(port.config),
                                        pcie::ExtendedCapabilityId::access_control_services);
}

void write_control(pcie::Topology& topology, pcie::NodeIndex port, unsigned capability, std::uint16_t value) {
  const pcie::Node& node = topology[port];
  topology.config_write(node.segment, node.requester, capability + pcie::acs::control, 2, value);
}

}  // namespace

std::vector<pcie::NodeIndex> ports_above(const pcie::Topology& topology, pcie::NodeIndex function) {
  std::vector<pcie::NodeIndex> ports;
  for (pcie::NodeIndex port = topology[function].parent; port != pcie::NodeIndex::none; port = topology[port].parent) {
    const pcie::PortType type = topology[port].type;
    if (type == pcie::PortType::root_port || type == pcie::PortType::downstream_port) ports.push_back(port);
  }
  return ports;
}

AcsTrial::AcsTrial(platforms::Machine& machine, const std::vector<pcie::NodeIndex>& ports, pcie::AcsControl bits)
    : machine_{machine} {
  for (const pcie::NodeIndex port : ports) {
    const pcie::Node& node = machine.topology()[port];
    const auto capability = acs_capability(node);
    if (!capability) continue;
    const auto before = static_cast<std::uint16_t>(node.config.read(*capability + pcie::acs::control, 2));
    write_control(machine.topology(), port, *capability, static_cast<std::uint16_t>(before | bits.raw()));
    const auto after = static_cast<std::uint16_t>(node.config.read(*capability + pcie::acs::control, 2));
    if (after != before) changes_.push_back({port, before, after});
  }
}

AcsTrial::~AcsTrial() {
  for (const Change& change : changes_)
    write_control(machine_.topology(), change.port, *acs_capability(machine_.topology()[change.port]), change.before);
}

}  // namespace iommusim::analysis
