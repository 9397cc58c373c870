// SPDX-License-Identifier: Apache-2.0
// Does what is routed by bus, device and function number arrive at a function? PCIe base specification, 6.13 and 9.2.1;
// ACS-035 and ACS-036.
#pragma once

#include "pcie/topology.h"

namespace iommusim::pcie {

/// Every port above the function has the function's bus in [secondary, subordinate].
bool bus_reaches(const Topology& topology, NodeIndex function);

/// The port above `node` has disabled the link between them (Link Control, 7.5.3.7).
inline bool is_link_disabled(const Topology& topology, NodeIndex node) {
  const NodeIndex port = topology[node].parent;
  return port != NodeIndex::none && topology[port].decoded.link_disabled;
}

/// No port on the way between the root and `node` has disabled its link: neither requests nor messages arrive behind
/// one.
bool links_reach(const Topology& topology, NodeIndex node);

/// The port that turns a configuration request of type 1 into type 0 passes it on to `device`: on a link only device 0
/// exists, unless the port forwards ARI (PCIe base specification, 6.13 and 7.3.1).
bool passes_device_number(PortType port, const Decoded& decoded, std::uint8_t device);

/// A configuration request arrives. A virtual function answers when its physical function enables it and the ports
/// above pass its bus. A function number above 7, which stands in the device number, is discarded by a port that does
/// not forward ARI (PCIe base specification, 6.13).
bool config_reaches(const Topology& topology, NodeIndex function);

}  // namespace iommusim::pcie
