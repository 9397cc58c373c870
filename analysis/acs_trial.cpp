// SPDX-License-Identifier: Apache-2.0
#include "analysis/acs_trial.h"

#include "pcie/capability_list.h"

namespace iommusim::analysis {
namespace {

std::optional<unsigned> acs_capability(const pcie::Node& port) {
  return pcie::find_extended_capability(pcie::reader_of(port.config),
                                        pcie::ExtendedCapabilityId::access_control_services);
}

void write_register(pcie::Topology& topology, pcie::NodeIndex port, unsigned offset, std::uint32_t value) {
  const pcie::Node& node = topology[port];
  topology.config_write(node.segment, node.requester, *acs_capability(node) + offset, acs_register_width(offset),
                        value);
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

std::vector<AcsEdit> set_in(const std::vector<pcie::NodeIndex>& ports, pcie::AcsControl bits) {
  std::vector<AcsEdit> edits;
  edits.reserve(ports.size());
  for (const pcie::NodeIndex port : ports)
    edits.push_back({port, bits});
  return edits;
}

AcsTrial::AcsTrial(platforms::Machine& machine, const std::vector<AcsEdit>& edits) : machine_{machine} {
  for (const AcsEdit& edit : edits) {
    if (!acs_capability(machine.topology()[edit.port])) continue;
    write(edit.port, pcie::acs::control, static_cast<std::uint32_t>(edit.clear.raw()),
          static_cast<std::uint32_t>(edit.set.raw()));
    // The vector is there with P2P Egress Control only; behind a shorter capability lies another one.
    const pcie::AcsCapability capability = machine.topology()[edit.port].decoded.acs_capability;
    if (!edit.egress || edit.egress->number >= pcie::egress_control_bits(capability)) continue;
    const std::uint32_t bit = std::uint32_t{1} << (edit.egress->number % 32);
    write(edit.port, pcie::acs::egress_control_vector + edit.egress->number / 32 * 4, bit,
          edit.egress->value ? bit : 0);
  }
}

void AcsTrial::write(pcie::NodeIndex port, unsigned offset, std::uint32_t clear, std::uint32_t set) {
  const pcie::Node& node = machine_.topology()[port];
  const unsigned at = *acs_capability(node) + offset;
  const unsigned width = acs_register_width(offset);
  const std::uint32_t before = node.config.read(at, width);
  const std::uint32_t wanted = (before & ~clear) | set;
  if (wanted == before) return;
  write_register(machine_.topology(), port, offset, wanted);
  const std::uint32_t after = node.config.read(at, width);
  if (after != before) changes_.push_back({port, offset, before, after});
}

AcsTrial::~AcsTrial() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change)
    write_register(machine_.topology(), change->port, change->offset, change->before);
}

}  // namespace iommusim::analysis
