// SPDX-License-Identifier: Apache-2.0
#include "platforms/addressing_facts.h"

#include "platforms/windows.h"

namespace iommusim::platforms {

Range<Iova> as_iova(const Range<BusAddr>& range) {
  return {Iova{range.first.value()}, Iova{range.last.value()}};
}

software::AddressingFacts addressing_facts(const Machine& machine, pcie::NodeIndex device) {
  const pcie::HostBridge& bridge = machine.bridges()[machine.topology()[device].host_bridge];
  software::AddressingFacts facts;
  facts.device_bits = machine.describe(device).dma_bits;
  for (const pcie::OutboundWindow& window : bridge.outbound)
    facts.outbound.push_back(as_iova(bus_range(window)));
  for (const pcie::InboundWindow& window : bridge.inbound)
    facts.inbound.push_back(as_iova(window.bus));
  return facts;
}

}  // namespace iommusim::platforms
