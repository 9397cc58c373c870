// SPDX-License-Identifier: Apache-2.0
// A PCIe-to-PCI bridge and the conventional bus behind it (PCI Express to PCI/PCI-X Bridge specification, 2.3
// and 4). Positive decode on both sides: the bridge takes downwards what its windows hold, and upwards what they do
// not hold.
#pragma once

#include "pcie/routing.h"

namespace iommusim::pcie {

/// The requester ID under which the bridge sends what comes from the conventional bus: nobody above can tell the
/// devices behind it apart, and completions come back to this ID. Secondary bus, device 0, function 0.
RequesterId alias_of(const Node& bridge);

/// The ID that a request of `function`, sent as `requester`, has where it reaches the root complex: that of the last
/// bridge which sent it on in its own name, else its own.
RequesterId requester_above(const Topology& topology, NodeIndex function, RequesterId requester);

/// The request as the bridge sends it on: in its own name and without what conventional PCI has no word for.
Access in_name_of(const Node& bridge, Access access);

/// A function on the conventional bus, named by `access.requester`, drives a request. Answers
///   claim     another function on the bus (`target`) takes it: the request never leaves the bus,
///   upstream  the bridge takes it,
///   reject    nobody answers: master abort. The bus tells its master even of a lost write.
RouteDecision route_on_bus(const Topology& topology, NodeIndex bridge, const Access& access);

/// A request arrives at the bridge's primary side: downstream to the function that claims it (`target`), claim by the
/// bridge's own BAR, or reject. A subtractive bridge takes what no window holds, too.
RouteDecision route_to_bus(const Topology& topology, NodeIndex bridge, const Access& access);

}  // namespace iommusim::pcie
